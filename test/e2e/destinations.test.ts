// SPDX-License-Identifier: Apache-2.0
// Routes with several destinations: which gets a call, and which when that fails.
import { beforeAll, describe, expect, it } from 'vitest';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { Refuser } from './refuser.ts';
import { expectClean, hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

interface Destination {
  uri: string;
  priority?: number;
  weight?: number;
  probe?: string;
}

/** A live number whose route has these destinations. */
async function routed(name: string, destinations: Destination[], failover: object = {}): Promise<Line> {
  const number = known(world, name);
  const route = { ...routeManifest(name, [name], ''), spec: { numbers: [{ name }], destinations, failover } };
  await apply(world.cluster, [numberManifest(number), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  await told(world, 'srt', name, { type: 'Programmed' });
  return number;
}

const { alpha, beta, bell } = PBXS;
const NOWHERE = 'sip:desk@nowhere.pbx.svc.cluster.local';
const SILENT = 'sip:desk@198.18.127.254';
const NOT_FOUND = { status: 404, reason: 'Not Found' };
const UNREACHABLE = { status: 503, reason: 'Destination Unreachable' };
const STRANGER = alpha.uri.replace('desk', 'nobody');

describe.concurrent('a call to a route with several destinations', () => {
  it.each<[string, string, Destination[], object]>([
    ['whose name does not resolve', 'nameless', [{ uri: NOWHERE }, { uri: beta.uri, priority: 1 }], {}],
    ['that takes no connection', 'closed-door', [{ uri: alpha.uri.replace(':5060', ':5999;transport=tcp') }, { uri: beta.uri, priority: 1 }], {}],
    ['that refuses, where that counts', 'refuser', [{ uri: STRANGER }, { uri: beta.uri, priority: 1 }], { on: ['Refused'] }],
    ['that rings for too long, where that counts', 'ringer', [{ uri: bell.uri }, { uri: beta.uri, priority: 1 }], { on: ['Unanswered'], ringSeconds: 2 }],
  ])('goes on from one %s', async (_, name, destinations, failover) => {
    const number = await routed(name, destinations, failover);
    const call = await place(world, number);
    await hears(call, beta, 2);
    await hangUp(call);
    await remove(world, name);
  });

  it('goes to the lowest priority first, whatever the order in the list and the weight', async () => {
    const number = await routed('ranked', [{ uri: beta.uri, priority: 7, weight: 1000 }, { uri: alpha.uri, priority: 3 }]);
    for (let i = 0; i < 2; i += 1) {
      const call = await place(world, number);
      await hears(call, alpha, 1);
      await hangUp(call);
    }
    await remove(world, 'ranked');
  });

  it('goes on through all of them, one after the other', async () => {
    const number = await routed('long-way', [{ uri: NOWHERE }, { uri: NOWHERE.replace('nowhere', 'nobody') }, { uri: STRANGER, priority: 1 }, { uri: beta.uri, priority: 2 }], {
      on: ['Unreachable', 'Refused'],
    });
    const call = await place(world, number);
    await hears(call, beta, 1);
    await hangUp(call);
    await remove(world, 'long-way');
  });

  it.each<[string, string, { first: Destination; second?: string; failover?: object; answer: object }]>([
    ['a refusal, where that does not count', 'kept', { first: { uri: STRANGER }, answer: NOT_FOUND }],
    ['anything, where nothing counts', 'stubborn', { first: { uri: NOWHERE }, failover: { on: [] }, answer: UNREACHABLE }],
    ['the last one', 'exhausted', { first: { uri: NOWHERE }, second: STRANGER, answer: NOT_FOUND }],
  ])('ends after %s', async (_, name, { first, second = beta.uri, failover, answer }) => {
    const number = await routed(name, [first, { uri: second, priority: 1 }], failover);
    const call = await world.meta.call({ to: number.phoneNumber, tone: 440 });
    expect(call.result).toEqual({ kind: 'refused', ...answer });
    expectClean(call);
    await remove(world, name);
  });

  it.each<[string, { code: number; reason: string }]>([
    ['Busy', { code: 486, reason: 'Busy Here' }],
    ['Error', { code: 500, reason: 'Server Internal Error' }],
    ['Unreachable', { code: 503, reason: 'Service Unavailable' }],
    ['Refused', { code: 603, reason: 'Decline' }],
  ])('goes on, where %s counts, after %j', async (on, answer) => {
    const refuser = await Refuser.open(answer);
    const name = `on-${on.toLowerCase()}-${answer.code}`;
    const number = await routed(name, [{ uri: refuser.uri }, { uri: beta.uri, priority: 1 }], { on: [on] });
    const call = await place(world, number);
    expect(refuser.invites).toHaveLength(1);
    await hears(call, beta, 1);
    await hangUp(call);
    refuser.close();
    await remove(world, name);
  });

  it('is shared by weight', async () => {
    const number = await routed('shared', [{ uri: alpha.uri, weight: 9 }, { uri: beta.uri }]);
    const tones = { alpha: 0, beta: 0 };
    for (let batch = 0; batch < 4; batch += 1) {
      const calls = await Promise.all(Array.from({ length: 10 }, () => place(world, number)));
      for (const call of calls) {
        const from = await waitFor('one of the two to be heard', () => {
          const media = call.media();
          return ([['alpha', alpha.tone], ['beta', beta.tone]] as const).find(([, tone]) => (media.toneShares(tone).at(-1) ?? 0) > 0.9)?.[0];
        });
        tones[from] += 1;
        await call.hangup();
      }
    }
    // 36 of 40 are to be expected; with equal shares 28 or more would be a chance of 1 in 100, with these less is 1 in 10,000.
    expect(tones.alpha).toBeGreaterThanOrEqual(28);
    await remove(world, 'shared');
  });
});

// Each has to wait, so they wait together.
describe.concurrent('a call to a destination that says nothing', () => {
  it('ends after the time is up', async () => {
    const number = await routed('too-late', [{ uri: SILENT }, { uri: beta.uri, priority: 1 }], { withinSeconds: 2 });
    const call = await world.meta.call({ to: number.phoneNumber, tone: 440 });
    expect(call.result).toEqual({ kind: 'refused', ...UNREACHABLE });
    expectClean(call);
    await remove(world, 'too-late');
  });

  it('passes it by where that is known from probes, until it answers again, and goes there only where nothing else is left', async () => {
    const busy = { status: 486, reason: 'Busy Here' };
    const refuser = await Refuser.open({ code: 486, reason: 'Busy Here' });
    const number = await routed('probed', [{ uri: refuser.uri, probe: 'Options' }, { uri: beta.uri, priority: 1, probe: 'Options' }]);
    const alone = await routed('last-resort', [{ uri: refuser.uri, probe: 'Options' }]);
    const answerTo = async ({ phoneNumber }: Line) => (await world.meta.call({ to: phoneNumber, tone: 440 })).result;
    await told(world, 'srt', 'probed', { type: 'DestinationsUp' });
    expect(await answerTo(number)).toMatchObject(busy);
    refuser.answers = false;
    expect(await told(world, 'srt', 'probed', { type: 'DestinationsUp', reason: 'DestinationDown', timeoutMs: 60_000 })).toContain(refuser.uri);
    await told(world, 'srt', 'probed', { type: 'Ready' });
    const call = await place(world, number);
    await hears(call, beta, 1);
    await hangUp(call);
    expect(refuser.invites).toHaveLength(1);
    refuser.answers = true;
    expect(await answerTo(alone)).toMatchObject(busy);
    await told(world, 'srt', 'probed', { type: 'DestinationsUp', timeoutMs: 60_000 });
    expect(await answerTo(number)).toMatchObject(busy);
    refuser.close();
    await remove(world, 'probed', 'last-resort');
  });

  it('goes on, and is not disturbed when it answers and speaks after all', async () => {
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA', 'PCMU'] });
    desk.silent = true;
    const number = await routed('late', [{ uri: desk.uri }, { uri: beta.uri, priority: 1 }]);
    const call = await place(world, number);
    await hears(call, beta, 1);
    desk.answer();
    await hears(call, beta, 3);
    await hangUp(call);
    expect(call.journal.responses.map(({ status }) => status).filter((status) => status >= 200 && status < 300)).toEqual([200]);
    desk.close();
    await remove(world, 'late');
  });
});
