// SPDX-License-Identifier: Apache-2.0
import { sipGateway, type SipGateway } from '../../api/sipgateway.ts';
import { passwordRefsOf, sipRoute, type SipRoute } from '../../api/siproute.ts';
import { whatsAppNumber, type WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { decodeWith } from '../../kube/decode.ts';
import { Reflector, type ReflectorObserver } from '../../kube/reflector.ts';
import type { ResourceKind } from '../../kube/resource.ts';
import { sharing } from '../../kube/sharing.ts';
import { COMPONENT_LABEL, GATEWAY_LABEL, names } from '../../resources/names.ts';
import { endpointKey } from './endpoint.ts';
import * as kinds from './kinds.ts';
import * as observed from './observed.ts';

/** Local copies of everything that decisions are made from. */
export interface Caches {
  gateways: Reflector<SipGateway>;
  numbers: Reflector<WhatsAppNumber>;
  routes: Reflector<SipRoute>;
  pods: Reflector<observed.Pod>;
  services: Reflector<observed.Service>;
  deployments: Reflector<observed.Deployment>;
  certificates: Reflector<observed.CertificateObject>;
  certificateRequests: Reflector<observed.CertificateRequest>;
  /** Undefined where the installation does not let nodes be seen. */
  nodes: Reflector<observed.Node> | undefined;
}

export interface CacheOptions {
  client: KubeClient;
  namespace: string;
  watchesNodes: boolean;
  observer?: ReflectorObserver;
}

/** A local copy, whatever its kind. */
export type Cache = Pick<Reflector<unknown>, 'kind' | 'size' | 'synced' | 'hasSynced' | 'movedAt' | 'run' | 'subscribe'>;

/** Copies that a working operator cannot do without; cert-manager's kinds may be missing, and a gateway then says so. */
export const needed = (caches: Caches): Cache[] => {
  const { certificates: _, certificateRequests: __, nodes: ___, ...rest } = caches;
  return Object.values(rest);
};

export const all = ({ nodes, ...rest }: Caches): Cache[] => [...Object.values(rest), ...(nodes ? [nodes] : [])];

const byGateway = (object: { metadata: { labels: Record<string, string> } }): string[] => {
  const gateway = object.metadata.labels[GATEWAY_LABEL];
  return gateway === undefined ? [] : [gateway];
};

const byOwner = (object: { metadata: { ownerReferences: { kind: string; name: string }[] } }): string[] =>
  object.metadata.ownerReferences.map(({ kind, name }) => `${kind}/${name}`);

/** Secrets that a number's spec names, and the one in which a destination that Meta dials gets its password. */
export const secretsOf = ({ metadata, spec }: WhatsAppNumber): string[] => {
  const refs = [spec.accessTokenRef, spec.appSecretRef, spec.registration?.pinRef, spec.webhook?.verifyTokenRef];
  const own = spec.direct ? [names.sipPassword(metadata.name)] : [];
  return [...new Set([...refs.flatMap((ref) => ref?.name ?? []), ...own])];
};

/** Secrets that the passwords which a route names are in. */
export const secretsOfRoute = (route: SipRoute): string[] => [...new Set(passwordRefsOf(route).map(({ name }) => name))];

/** By what numbers and routes are found. */
export const numberIndexes = {
  secret: secretsOf,
  gateway: ({ spec }: WhatsAppNumber) => (spec.direct ? [] : [spec.gatewayRef.name]),
  identity: ({ spec }: WhatsAppNumber) => [spec.phoneNumber, spec.phoneNumberID],
  endpoint: ({ spec }: WhatsAppNumber) => (spec.direct ? [endpointKey(spec.direct)] : []),
};
export const routeIndexes = { number: ({ spec }: SipRoute) => spec.numbers.map(({ name }) => name), secret: secretsOfRoute };

export function createCaches({ client, namespace, watchesNodes, observer }: CacheOptions): Caches {
  const common = { client, namespaces: [namespace], ...(observer ? { observer } : {}) };
  const ours = (kind: ResourceKind) => ({ ...common, kind, labelSelector: COMPONENT_LABEL });
  return {
    gateways: new Reflector({ ...common, kind: kinds.SIP_GATEWAY, decode: decodeWith(sipGateway) }),
    numbers: new Reflector({
      ...common,
      kind: kinds.WHATSAPP_NUMBER,
      decode: sharing(decodeWith(whatsAppNumber)),
      indexes: numberIndexes,
    }),
    routes: new Reflector({
      ...common,
      kind: kinds.SIP_ROUTE,
      decode: decodeWith(sipRoute),
      indexes: routeIndexes,
    }),
    pods: new Reflector({ ...ours(kinds.POD), decode: decodeWith(observed.pod), indexes: { gateway: byGateway } }),
    services: new Reflector({ ...ours(kinds.SERVICE), decode: decodeWith(observed.service) }),
    deployments: new Reflector({ ...ours(kinds.DEPLOYMENT), decode: decodeWith(observed.deployment) }),
    certificates: new Reflector({ ...ours(kinds.CERTIFICATE), decode: decodeWith(observed.certificate) }),
    certificateRequests: new Reflector({
      ...common,
      kind: kinds.CERTIFICATE_REQUEST,
      decode: decodeWith(observed.certificateRequest),
      indexes: { owner: byOwner },
    }),
    nodes: watchesNodes ? new Reflector({ client, kind: kinds.NODE, decode: decodeWith(observed.node), ...(observer ? { observer } : {}) }) : undefined,
  };
}
