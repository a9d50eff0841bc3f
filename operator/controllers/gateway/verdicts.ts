// SPDX-License-Identifier: Apache-2.0
// A gateway's conditions, each from what was observed. Pure.
import { no, yes, type Judgement, type Verdict } from '../../api/conditions.ts';
import type { SipGatewayStatus } from '../../api/sipgateway.ts';
import { names } from '../../resources/names.ts';
import { judgeAddresses, judgeMedia, mediaStatus } from './media.ts';
import type { CertificateView, GatewayCondition, GatewayView, ProxyView } from './view.ts';

/** Order is the order in which a reader should hear of what is missing: causes before what they hold up. */
const JUDGES: readonly [GatewayCondition, (view: GatewayView) => Verdict | undefined][] = [
  ['CertificateReady', judgeCertificate],
  ['AddressAssigned', judgeAddress],
  ['InsideAddressed', judgeInside],
  ['MediaReady', ({ pool }) => judgeMedia(pool)],
  ['MediaAddressed', ({ pool }) => judgeAddresses(pool)],
  ['ProxyReady', judgeProxy],
  ['Programmed', judgeProgrammed],
];

export function judgeGateway(view: GatewayView): Judgement {
  const verdicts = JUDGES.flatMap(([type, judge]) => {
    const refusal = view.refused[type];
    const verdict = refusal ? no('ApplyFailed', refusal) : judge(view);
    return verdict ? [[type, verdict] as const] : [];
  });
  const { gateway, snapshot, address } = view;
  const summary = `${gateway.spec.hostname} takes calls for ${count(snapshot.numbers.length, 'number')} at ${address}`;
  return { generation: gateway.metadata.generation, verdicts: Object.fromEntries(verdicts), summary };
}

function judgeCertificate({ gateway, certificate }: GatewayView): Verdict {
  return certificateVerdict(gateway.spec.certificate.issuerRef, certificate);
}

/** What a certificate's state means for whoever waits for it. */
export function certificateVerdict({ name, kind }: { name: string; kind: string }, certificate: CertificateView): Verdict {
  switch (certificate.kind) {
    case 'issued':
      return yes('CertificateIssued', `issued by ${certificate.issuer}, valid until ${certificate.notAfter}`);
    case 'no-cert-manager':
      return no('CertManagerMissing', 'the cluster has no cert-manager: install it, it signs the certificate that Meta sees');
    case 'unreadable':
      return no('SecretForbidden', certificate.message);
    case 'failed':
      return no('CertificateFailed', `${kind} "${name}" refuses a certificate: ${certificate.message}`);
    case 'pending':
      return no('CertificatePending', `waiting for ${kind} "${name}" to sign the certificate: ${certificate.message}`);
  }
}

function judgeAddress({ gateway, address }: GatewayView): Verdict {
  if (!address) {
    return no('AddressPending', `the Service has no load-balancer address yet; ${gateway.spec.hostname} must point to it`);
  }
  return yes('AddressAssigned', `${gateway.spec.hostname} must point to ${address}`);
}

/** Undefined where nobody outside of the cluster is to reach the proxies. */
function judgeInside({ gateway: { metadata: { name } }, inside: { address, isAwaited } }: GatewayView): Verdict | undefined {
  if (isAwaited) return no('AddressPending', `the Service ${names.inside(name)} has no load balancer with an IPv4 address or a name yet, so telephony outside of the cluster cannot call${address === undefined ? '' : ` ${address}`}`);
  return address === undefined ? undefined : yes('AddressAssigned', `telephony outside of the cluster finds the proxies at ${address}`);
}

function judgeProxy({ gateway, readyReplicas, proxyTrouble, certificate, pool }: GatewayView): Verdict {
  const { replicas } = gateway.spec.proxy;
  const trouble = proxyTrouble ? `; ${proxyTrouble}` : '';
  if (readyReplicas >= replicas) return yes('ProxyReady', `${count(replicas, 'proxy')} ready${trouble}`);
  const mediaReady = judgeMedia(pool).status === 'True';
  const hint = certificate.kind === 'issued' && mediaReady ? '' : '; they start when the certificate and the media pod are there';
  return no('ProxyStarting', `${readyReplicas} of ${count(replicas, 'proxy')} ready${trouble || hint}`);
}

function judgeProgrammed({ snapshot, revision, withheld, proxies }: GatewayView): Verdict {
  if (withheld) return withheld;
  const serving = proxies.filter((proxy) => proxy.ready);
  const behind = serving.filter((proxy) => !serves(proxy, snapshot.version, revision));
  const refusing = behind.find((proxy) => proxy.agent?.problem);
  if (refusing) {
    return no('ProxyRefused', `proxy ${refusing.name} keeps its last good configuration: ${refusing.agent?.problem}`);
  }
  if (serving.length === 0) return no('Applying', 'no proxy serves yet');
  if (behind.length > 0) {
    return no('Applying', `version ${snapshot.version} is not yet served by ${behind.map(({ name }) => name).join(', ')}`);
  }
  return yes('Applied', `every proxy serves version ${snapshot.version}`);
}

/** Equal content is not enough: between two edits that cancel out, a proxy may still have the one in between before it. */
const serves = ({ agent }: ProxyView, version: string, revision: string | undefined): boolean =>
  agent?.version === version && !agent.problem && (agent.revision === undefined || agent.revision === revision);

/** Whether every proxy that takes calls has the wanted version. */
export const isProgrammed = (view: GatewayView): boolean => judgeProgrammed(view).status === 'True';

/** The rest of the status: what a person or program wants to look up. */
export function toDetails({ gateway, address, inside, certificate, snapshot, calls, proxies, pool }: GatewayView): Partial<SipGatewayStatus> {
  return {
    ...(address ? { address } : {}),
    ...(inside.address === undefined ? {} : { insideAddress: inside.address }),
    ...(calls === undefined ? {} : { calls: callsText(calls, gateway.spec.maxCalls) }),
    ...(certificate.kind === 'issued' ? { certificate: toCertificateStatus(certificate) } : {}),
    configuration: { version: snapshot.version, numbers: snapshot.numbers.length },
    proxies: proxies.map(toProxyStatus),
    ...(pool ? { media: mediaStatus(pool) } : {}),
  };
}

/** Calls, and the most that there may be: such as "12/500". */
export const callsText = (calls: number, most: number | undefined): string => (most === undefined ? String(calls) : `${calls}/${most}`);

const toCertificateStatus = ({ serial, issuer, notAfter }: { serial: string; issuer: string; notAfter: string }) => ({
  serial,
  issuer,
  notAfter,
});

const toProxyStatus = ({ name, agent }: ProxyView) => ({
  name,
  ...(agent?.version ? { version: agent.version } : {}),
  ...(agent?.certificateSerial ? { certificateSerial: agent.certificateSerial } : {}),
  ...(agent?.problem ? { problem: agent.problem } : {}),
});

const PLURAL: Record<string, string> = { number: 'numbers', proxy: 'proxies' };
const count = (n: number, noun: string): string => `${n} ${n === 1 ? noun : PLURAL[noun]}`;
