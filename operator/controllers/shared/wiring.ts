// SPDX-License-Identifier: Apache-2.0
// Which change makes which question be asked anew.
import type { SipGateway } from '../../api/sipgateway.ts';
import type { SipRoute } from '../../api/siproute.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { keyOf, refOf } from '../../kube/objects.ts';
import { versions, type Change } from '../../kube/replica.ts';
import { mayBeTraced } from '../../routing/traced.ts';
import { COMPONENT_LABEL, GATEWAY_LABEL, names } from '../../resources/names.ts';
import type { Applier } from './applier.ts';
import { secretsOf, secretsOfRoute, type Caches } from './caches.ts';
import { endpointKey, gatewayEndpoint } from './endpoint.ts';
import type { Enqueue } from './enqueue.ts';
import { canTakeCalls } from './gatewaystate.ts';
import * as kinds from './kinds.ts';
import type { NamedSecrets } from './namedsecrets.ts';
import { isCordoned } from './observed.ts';
import type { Passwords } from './passwords.ts';
import { Reconsider, turnOf } from './reconsider.ts';
import { onlyStatusChanged, traceChanged } from './spec.ts';
import type { RoutePasswords } from './routepasswords.ts';

export interface Wiring {
  caches: Caches;
  secrets: NamedSecrets;
  passwords: Passwords;
  routePasswords: RoutePasswords;
  applier: Applier;
  namespace: string;
  enqueue: Enqueue;
  /** Asks Meta anew about a number, whatever was known. */
  look: (key: string) => void;
}

/** Subscribes the queues to the caches. */
export function wire(wiring: Wiring): void {
  const { caches, passwords, routePasswords, enqueue } = wiring;
  const related = new Related(wiring);
  caches.gateways.subscribe((change) => {
    enqueue.gateway(change.key);
    if (!onlyStatusChanged(change) || annotationsChanged(change)) enqueue.media(change.key);
    if (reachMayDiffer(change)) versions(change).forEach((gateway) => enqueue.reach(gatewayEndpoint(gateway)));
    if (onlyStatusChanged(change) && !capacityChanged(change)) return;
    for (const number of caches.numbers.byIndex('gateway', refOf(change.key).name)) related.number(number);
  });
  caches.numbers.subscribe((change) => {
    if (change.type === 'upsert' && annotationsChanged(change) && mayBeTraced(change.object)) enqueue.tracing(change.key);
    if (onlyStatusChanged(change)) {
      if (annotationsChanged(change)) enqueue.settings(change.key);
      if (traceChanged(change)) related.allGateways();
      return enqueue.number(change.key);
    }
    versions(change).forEach((number) => {
      related.numberChanged(number);
      if (number.spec.direct) enqueue.reach(endpointKey(number.spec.direct));
    });
  });
  caches.routes.subscribe((change) => {
    if (onlyStatusChanged(change)) return enqueue.route(change.key);
    versions(change).forEach((route) => related.routeChanged(route));
  });
  passwords.subscribe((name) => {
    related.numberNamed(name);
    related.allGateways();
  });
  routePasswords.subscribe(() => related.allGateways());
  caches.routes.subscribe(({ type, key }) => {
    if (type === 'delete') routePasswords.forget(key);
  });
  caches.numbers.subscribe(({ type, key }) => {
    if (type === 'delete') passwords.forget(refOf(key).name);
  });
  wireSecrets(wiring);
  wireOwned(wiring);
}

/** Who names a Secret is asked about anew when that changes. */
function wireSecrets({ caches, secrets, applier, namespace, enqueue, look }: Wiring): void {
  caches.gateways.subscribe((change) => follow(secrets, change, ({ metadata: { name } }) => [names.certificate(name), names.snapshot(name)]));
  caches.numbers.subscribe((change) => follow(secrets, change, secretsOf));
  caches.routes.subscribe((change) => follow(secrets, change, secretsOfRoute));
  secrets.subscribe((name, change) => {
    if (change.type === 'delete') applier.forget(kinds.SECRET, { namespace, name });
    for (const number of caches.numbers.byIndex('secret', name)) {
      const key = keyOf(number.metadata);
      if (!isPasswordOf(number, name)) enqueue.settings(key);
      else enqueue.number(key);
      if (change.type === 'delete' && isPasswordOf(number, name)) look(key);
    }
    for (const { metadata } of caches.routes.byIndex('secret', name)) enqueue.route(keyOf(metadata));
    for (const { metadata } of caches.gateways.list()) {
      const snapshot = names.snapshot(metadata.name);
      // Proxies tell which version of the Secret they took in, so we must know the newest.
      if (name === snapshot && change.type === 'upsert') applier.seen(kinds.SECRET, change.object.metadata);
      if (name === snapshot || name === names.certificate(metadata.name)) enqueue.gateway(keyOf(metadata));
    }
  });
}

const isPasswordOf = ({ metadata, spec }: WhatsAppNumber, secret: string): boolean => spec.direct !== undefined && secret === names.sipPassword(metadata.name);

/** Follows the Secrets that an object names now, and no more those that it named before. */
function follow<T>(secrets: NamedSecrets, { old, ...change }: Change<T>, named: (object: T) => string[]): void {
  if (change.type === 'upsert') secrets.follow(named(change.object));
  if (old !== undefined) secrets.leave(named(old));
}

/** Objects that the operator made: their gateway is looked at again, and what vanished is made again. */
function wireOwned({ caches, applier, namespace, enqueue }: Wiring): void {
  for (const cache of [caches.pods, caches.services, caches.deployments, caches.certificates]) {
    cache.subscribe((change: Change<{ metadata: { labels: Record<string, string> } }>) => {
      if (change.type === 'delete') applier.forget(cache.kind, { namespace, name: refOf(change.key).name });
      for (const { metadata } of versions(change)) {
        const gateway = metadata.labels[GATEWAY_LABEL];
        if (!gateway || !metadata.labels[COMPONENT_LABEL]) continue;
        enqueue.gateway(`${namespace}/${gateway}`);
        if (metadata.labels[COMPONENT_LABEL] === 'media') enqueue.media(`${namespace}/${gateway}`);
      }
    });
  }
  caches.nodes?.subscribe((change) => {
    const wasCordoned = change.old !== undefined && isCordoned(change.old);
    if (wasCordoned === (change.type === 'upsert' && isCordoned(change.object))) return;
    for (const { metadata } of caches.gateways.list()) enqueue.media(keyOf(metadata));
  });
  caches.certificates.subscribe((change) => {
    const owners = versions(change).flatMap(({ metadata }) => metadata.ownerReferences);
    for (const { kind, name } of owners) if (kind === 'WhatsAppNumber') enqueue.number(`${namespace}/${name}`);
  });
  caches.certificateRequests.subscribe((change) => {
    const owners = versions(change).flatMap(({ metadata }) => metadata.ownerReferences);
    for (const gateway of caches.gateways.list()) {
      const certificate = names.certificate(gateway.metadata.name);
      if (owners.some(({ kind, name }) => kind === 'Certificate' && name === certificate)) enqueue.gateway(keyOf(gateway.metadata));
    }
  });
}

const capacityChanged = ({ old, ...change }: Change<SipGateway>): boolean => {
  const canTake = (gateway: SipGateway | undefined): boolean => gateway !== undefined && canTakeCalls(gateway);
  return canTake(old) !== canTake(change.type === 'upsert' ? change.object : undefined);
};

/** Whether another handshake with a gateway's name may end otherwise than the last one. */
const reachMayDiffer = ({ old, ...change }: Change<SipGateway>): boolean => {
  const state = (gateway: SipGateway | undefined): unknown => [
    gateway?.spec.hostname,
    gateway?.status?.address,
    gateway?.status?.proxies?.map(({ certificateSerial }) => certificateSerial),
    gateway && canTakeCalls(gateway),
  ];
  return JSON.stringify(state(old)) !== JSON.stringify(state(change.type === 'upsert' ? change.object : undefined));
};

/** People ask for things by annotations, which change no generation. */
const annotationsChanged = (change: Change<WhatsAppNumber | SipGateway>): boolean =>
  change.type === 'upsert' && JSON.stringify(change.old?.metadata.annotations) !== JSON.stringify(change.object.metadata.annotations);

class Related {
  readonly #caches: Caches;
  readonly #namespace: string;
  readonly #enqueue: Enqueue;
  readonly #reconsider: Reconsider;

  constructor({ caches, passwords, namespace, enqueue }: Wiring) {
    this.#caches = caches;
    this.#namespace = namespace;
    this.#enqueue = enqueue;
    this.#reconsider = new Reconsider(caches, passwords, namespace, enqueue);
  }

  /** A number, Meta's view of it, and the routes that name it. */
  number({ metadata }: WhatsAppNumber): void {
    const key = keyOf(metadata);
    this.#enqueue.settings(key);
    this.numberNamed(metadata.name);
  }

  numberNamed(name: string): void {
    this.#reconsider.asked(`${this.#namespace}/${name}`);
  }

  /** Also the numbers that had to stand back for it, or it for them. */
  numberChanged(number: WhatsAppNumber): void {
    this.number(number);
    const { phoneNumber, phoneNumberID } = number.spec;
    const rivals = [phoneNumber, phoneNumberID].flatMap((value) => this.#caches.numbers.byIndex('identity', value));
    for (const rival of rivals) this.number(rival);
    this.allGateways();
  }

  /** Also the routes that name the same numbers. */
  routeChanged(route: SipRoute): void {
    this.#enqueue.route(keyOf(route.metadata), turnOf(route));
    for (const { name } of route.spec.numbers) this.numberNamed(name);
    this.allGateways();
  }

  allGateways(): void {
    for (const { metadata } of this.#caches.gateways.list()) this.#enqueue.gateway(keyOf(metadata));
  }
}
