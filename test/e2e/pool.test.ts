// SPDX-License-Identifier: Apache-2.0
// Media pods that come and go with the calls.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SipGatewayStatus } from '../../operator/api/sipgateway.ts';
import type { Call } from '../meta/sip/call.ts';
import { apply } from '../stage/install.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear, hearsMusic, talk, turn, type Talk } from './inside.ts';
import { numberManifest, ONE_POD, routeManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { changeGateway, podsOf, theGateway } from './pods.ts';
import { expectClean, hangUp, hears, place, relayOf } from './talk.ts';
import { NAMESPACE, PBXS, settled, theWorld, type Line, type World } from './world.ts';

type MediaStatus = NonNullable<SipGatewayStatus['media']>;

let world: World;
/** Rings a PBX that speaks what Meta does: its calls are only relayed. */
let number: Line;
beforeAll(async () => {
  world = await theWorld();
  number = known(world, 'pool');
  await apply(world.cluster, [numberManifest(number), routeManifest(number.name, [number.name], PBXS.opus.uri)], NAMESPACE);
  await told(world, 'wan', number.name, { type: 'Ready' });
  await patch({ proxy: { replicas: 2 }, media: { maxPods: 3, callsPerPod: 50, freeCapacity: 0 } });
  await waitFor('two proxies', async () => (await podsOf(world, 'proxy')).length === 2);
  await told(world, 'sgw', 'default', { type: 'Ready', timeoutMs: 90_000 });
}, 120_000);
afterAll(async () => {
  await Promise.all(world.meta.edge.calls.map((call) => call.hangup()));
  await remove(world, number.name);
  await patch({ maxCalls: null, proxy: { replicas: 1 }, media: { ...DEFAULTS, ...ONE_POD, scaleInAfter: '1s' } });
  await waitFor('one media pod', async () => (await media()).summary === '1 ready', { timeoutMs: 60_000, last: async () => JSON.stringify(await media()) });
  await patch({ media: { scaleInAfter: null } });
  await waitFor('one proxy', async () => (await podsOf(world, 'proxy')).length === 1);
  await settled(world);
}, 180_000);

/** A merge takes these off, and the API server puts its own in their place. */
const DEFAULTS = { minPods: null, freeCapacity: null };

const patch = (spec: object): Promise<unknown> => changeGateway(world, spec);

const gateway = () => theGateway(world);

async function media(): Promise<MediaStatus> {
  const { status } = await gateway();
  if (!status?.media) throw new Error('the gateway tells nothing of its media pods');
  return status.media;
}

const pool = (what: string, holds: (status: MediaStatus) => boolean, timeoutMs = 30_000): Promise<MediaStatus> =>
  waitFor(what, async () => {
    const status = await media();
    return holds(status) && status;
  }, { timeoutMs, last: async () => JSON.stringify(await media()) });

const isReady = (count: number) => ({ summary }: MediaStatus): boolean => summary === `${count} ready`;

/** Each by connections of its own, so that either proxy gets what belongs to it. */
const ring = (count: number): Promise<Call[]> => Promise.all(Array.from({ length: count }, () => place(world, number, { reconnectInDialog: true })));

async function heard(calls: readonly Call[]): Promise<void> {
  await Promise.all(calls.map((call) => hears(call, PBXS.opus, 1)));
}

const events = (): Promise<string> => kubectl(world, 'get', 'events', '--field-selector=involvedObject.kind=SipGateway', '-o', 'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}');

describe('media pods', () => {
  it('share the calls, and each call ends by whichever proxy', async () => {
    await patch({ media: { minPods: 2 } });
    const { pods } = await pool('two media pods', isReady(2));
    const calls = await waitFor('calls on both pods', async () => {
      const placed = await ring(6);
      await heard(placed);
      if (new Set(placed.map(relayOf)).size === 2) return placed;
      await Promise.all(placed.map(hangUp));
      return undefined;
    });
    expect(new Set(calls.map(relayOf))).toEqual(new Set(pods.map(({ address }) => address)));
    await Promise.all(calls.map(hangUp));
    await pool('no calls', (status) => status.calls === 0);
  });

  it('that are too many get no new calls, keep those that they have, and go with the last one', async () => {
    const given: Talk[] = [];
    // One on each, since both are empty; another one makes one of them the emptier.
    for (const name of ['shield-two', 'shield-one']) given.push(await talk(world, name, { codecs: ['PCMA'] }));
    await Promise.all(given.map((each) => bothHear(each)));
    await patch({ media: { minPods: 1, scaleInAfter: '3s' } });
    const [draining] = (await pool('a pod that drains', ({ summary }) => summary === '1 ready, 1 draining')).pods.filter(({ state }) => state === 'Draining');
    await pool('all proxies to know', ({ pods }) => pods.some(({ message }) => /as fewer media pods are enough; its oldest call began at \S+Z; calls that are left at /.test(message ?? '')));
    const kept = given.find(({ call }) => relayOf(call) === draining?.address);
    const others = await ring(4);
    await heard(others);
    expect(others.map(relayOf)).not.toContain(draining?.address);
    if (!kept) throw new Error('the pod that drains has no call');
    for (const { status } of await podsOf(world, 'proxy')) {
      kept.desk.via = { host: status.podIP ?? '', port: 5060 };
      expect(await turn(kept, 'inactive')).toBe('inactive');
      await hearsMusic(kept);
      expect(await turn(kept, 'sendrecv')).toBe('sendrecv');
      await bothHear(kept);
    }
    expect(relayOf(kept.call)).toBe(draining?.address);
    await hangUp(kept.call);
    await pool('the pod to go', isReady(1), 60_000);
    await waitFor('its story', async () => {
      const said = await events();
      return said.includes(`MediaDraining: ${draining?.name} takes no new calls, as fewer media pods are enough; it keeps its 1 call`) && said.includes(`MediaRemoved: ${draining?.name} has no calls any more`);
    }, { last: events });
    await Promise.all([...others, ...given.filter((each) => each !== kept).map(({ call }) => call)].map(hangUp));
    for (const { desk } of given) desk.close();
    await Promise.all(['shield-two', 'shield-one'].map((name) => remove(world, name)));
  });

  it('are made ahead of calls that come, and where there may be no more a call is told so', async () => {
    await patch({ media: { minPods: 1, maxPods: 2, callsPerPod: 2, freeCapacity: 1, scaleInAfter: '1h' } });
    const first = await ring(2);
    await pool('room on another pod', ({ capacity }) => capacity === 4);
    const more = await ring(2);
    await heard([...first, ...more]);
    await told(world, 'sgw', 'default', { type: 'MediaReady', reason: 'MediaFull' });
    const refused = await world.meta.call({ to: number.phoneNumber, tone: 440 });
    expect(refused.result).toEqual({ kind: 'refused', status: 503, reason: 'All Media Relays Are Full' });
    expectClean(refused);
    await Promise.all([...first, ...more].map(hangUp));
  });

  it('have no more calls than the gateway may, which shows how many there are', async () => {
    await patch({ maxCalls: 3, media: { minPods: 2, maxPods: 2, callsPerPod: 50, freeCapacity: 0 } });
    await pool('no calls', ({ calls }) => calls === 0);
    await told(world, 'sgw', 'default', { type: 'Programmed' });
    const calls = await ring(3);
    await heard(calls);
    const refused = await world.meta.call({ to: number.phoneNumber, tone: 440 });
    expect(refused.result).toEqual({ kind: 'refused', status: 486, reason: 'All Lines Of This Gateway Are Busy' });
    expectClean(refused);
    const shown = await waitFor('its calls to be shown', async () => {
      const { status } = await gateway();
      return status?.calls === '3/3' && kubectl(world, 'get', 'sgw,wan', '--no-headers');
    }, { last: async () => (await gateway()).status?.calls ?? 'none' });
    expect(shown).toContain(' 3/3 ');
    await waitFor('those of the number, too', async () => (await kubectl(world, 'get', 'wan', number.name, '--no-headers')).includes(' 3/1000 '), { last: () => kubectl(world, 'get', 'wan', number.name) });
    await patch({ maxCalls: null });
    await Promise.all(calls.map(hangUp));
  });

  it('take calls again where more come before they are empty', async () => {
    await patch({ media: { minPods: 2, maxPods: 2, callsPerPod: 4, freeCapacity: 0, scaleInAfter: '2s' } });
    await pool('two empty pods', ({ capacity, calls }) => capacity === 8 && calls === 0);
    const first = await ring(2);
    await heard(first);
    await patch({ media: { minPods: 1 } });
    const [draining] = (await pool('a pod that drains', ({ summary }) => summary === '1 ready, 1 draining')).pods.filter(({ state }) => state === 'Draining');
    const second = await ring(1);
    await patch({ media: { freeCapacity: 2 } });
    await pool('both pods', isReady(2));
    await waitFor('its story', async () => (await events()).includes(`MediaTakenBack: ${draining?.name}`), { last: events });
    await heard([...first, ...second]);
    await Promise.all([...first, ...second].map(hangUp));
  });
});
