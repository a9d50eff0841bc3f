// SPDX-License-Identifier: Apache-2.0
// What a gateway's status says of its media pods. Pure, and without what changes by itself.
import { advisory, isoSeconds, no, yes, type Verdict } from '../../api/conditions.ts';
import type { SipGatewayStatus } from '../../api/sipgateway.ts';
import { MEDIA_ADDRESS_ANNOTATION, ROLLOUT_ANNOTATION } from '../../resources/names.ts';
import { DRAIN_REASONS, stateOf, type PodState } from '../../scaling/pod.ts';
import type { Policy } from '../../scaling/policy.ts';
import { isPrivate, type MediaAddress } from '../shared/mediaaddress.ts';
import type { Pool, PooledPod } from '../shared/pools.ts';

/** The order in which states are told. */
const ORDER: readonly PodState[] = ['Ready', 'Starting', 'Draining', 'Empty', 'Failed'];

const inState = ({ pods }: Pool, state: PodState): PooledPod[] => pods.filter((pod) => stateOf(pod) === state);

/** Such as "2 ready, 1 draining". */
const summaryOf = (pool: Pool): string => ORDER.flatMap((state) => {
  const { length } = inState(pool, state);
  return length === 0 ? [] : [`${length} ${state.toLowerCase()}`];
}).join(', ');

export function judgeMedia(pool: Pool | undefined): Verdict {
  const ready = pool ? inState(pool, 'Ready') : [];
  const [first] = ready;
  if (!pool || !first) {
    const waiting = pool?.pods.map(({ name, trouble }) => (trouble ? `${name}, ${trouble}` : name)).join('; ');
    return no('MediaStarting', waiting ? `no media pod takes calls yet: ${waiting}` : 'no media pod takes calls yet');
  }
  const { maxPods, callsPerPod } = pool.policy;
  const used = ready.reduce((units, { load }) => units + (load?.units ?? 0), 0);
  if (pool.needed >= maxPods && used >= maxPods * callsPerPod) {
    return yes('MediaFull', `all ${maxPods} media pods that spec.media.maxPods allows have as many calls as spec.media.callsPerPod lets them have: raise one of the two`);
  }
  return yes('MediaReady', [placesOf(ready), ...waitingIn(pool)].join('; '));
}

const placesOf = ([first, ...more]: readonly PooledPod[]): string =>
  more.length === 0 ? `media pod ${first?.name} relays at ${first?.told?.address ?? 'no address yet'}` : `${more.length + 1} media pods take calls`;

/** What is waited for, as sentences. */
function waitingIn(pool: Pool): string[] {
  const draining = inState(pool, 'Draining').length;
  const leaving = draining === 0 ? [] : [`${draining} ${draining === 1 ? 'waits for the end of its' : 'wait for the end of their'} calls`];
  const stuck = inState(pool, 'Starting').flatMap(({ name, trouble }) => (trouble ? [`${name} does not start: ${trouble}`] : []));
  return [...leaving, ...stuck];
}

/** Meta sends audio from the internet. Advice: calls are set up all the same, and somebody may have a way of their own. */
export function judgeAddresses(pool: Pool | undefined): Verdict {
  // Those that are on their way out may still have what was before.
  const told = pool ? [...inState(pool, 'Ready'), ...inState(pool, 'Starting')].flatMap((pod) => (pod.told ? [{ name: pod.name, ...pod.told }] : [])) : [];
  const hidden = told.find(({ address }) => isPrivate(address));
  if (hidden) {
    return advisory(no('AddressPrivate', `Meta is told to send the audio of ${hidden.name} to ${hidden.address}, ${ORIGIN[hidden.source]}, which is a private address: calls are silent. Set spec.media.exposure to HostNetwork on nodes with public addresses, or spec.media.advertisedAddress`));
  }
  const [first] = told;
  if (!first) return advisory(no('MediaStarting', 'no media pod has an address yet'));
  const unused = told.flatMap(({ unused: each }) => each ?? []);
  const places = new Set(told.map(({ address }) => address)).size;
  const where = places === 1 ? first.address : `${places} addresses, such as ${first.address}`;
  return yes('AddressPublic', [`Meta is told to send audio to ${where}, ${ORIGIN[first.source]}`, ...new Set(unused)].join('; '));
}

const ORIGIN: Record<MediaAddress['source'], string> = {
  Spec: 'as spec.media.advertisedAddress says',
  LoadBalancer: 'the address of its Service',
  NodeAnnotation: `by the annotation ${MEDIA_ADDRESS_ANNOTATION} of its node`,
  NodeExternalIP: 'the ExternalIP of its node',
  Node: 'the address of its node',
  Pod: 'the address of the pod',
};

export function mediaStatus(pool: Pool): NonNullable<SipGatewayStatus['media']> {
  return {
    summary: summaryOf(pool),
    calls: pool.pods.reduce((sum, { load }) => sum + (load?.calls ?? 0), 0),
    capacity: inState(pool, 'Ready').length * pool.policy.callsPerPod,
    neededPods: pool.needed,
    pods: pool.pods.map((pod) => podStatus(pod, pool.policy)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function podStatus(pod: PooledPod, policy: Policy) {
  const { name, told, load } = pod;
  const message = messageOf(pod, policy);
  return { name, state: stateOf(pod), ...(message ? { message } : {}), ...(told ? { address: told.address, addressSource: told.source } : {}), ...(load ? { calls: load.calls } : {}) };
}

function messageOf(pod: PooledPod, policy: Policy): string | undefined {
  switch (stateOf(pod)) {
    case 'Draining':
      return whileDraining(pod, policy);
    case 'Failed':
      return whileFailed(pod);
    case 'Ready':
      return whileReady(pod, policy);
    case 'Starting':
      return pod.trouble ?? (pod.health === 'ready' ? 'waits until every proxy has taken it in, which each does at most every ten seconds' : undefined);
    case 'Empty':
      return undefined;
  }
}

function whileFailed({ health, trouble }: PooledPod): string {
  const what = health === 'ended' ? 'has ended' : 'is not ready any more and gets no new calls';
  return trouble ? `${what}: ${trouble}` : what;
}

function whileDraining({ drain, isOffered, load }: PooledPod, { drainTimeoutMs }: Policy): string {
  if (isOffered) return 'waits until every proxy has heard that it takes no new calls';
  if (!drain) return 'is being deleted and waits for the end of its calls';
  const [since, until] = [drain.since, drain.since + drainTimeoutMs].map((time) => isoSeconds(new Date(time)));
  const oldest = load?.oldest === undefined ? '' : `its oldest call began at ${isoSeconds(new Date(load.oldest * 1000))}; `;
  return `takes no new calls since ${since}, as ${DRAIN_REASONS[drain.reason]}; ${oldest}calls that are left at ${until} are cut off`;
}

function whileReady({ isCordoned, isCurrent }: PooledPod, { isPaused }: Policy): string | undefined {
  if (isCordoned) return 'is on a node that is to be emptied, and stays until another one takes calls in its place';
  if (isCurrent) return undefined;
  return isPaused ? `is out of date, and stays while ${ROLLOUT_ANNOTATION} is "paused"` : 'is out of date, and drains when its turn has come';
}
