// SPDX-License-Identifier: Apache-2.0
// A media relay whose process is killed with calls on it: it is started again in its pod, and the store there has its calls.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { header } from '../meta/sip/message.ts';
import { waitFor } from '../stage/wait.ts';
import { agentStatuses } from './agents.ts';
import { bothHear, deskGetsKey, hearsMusic, talk, turn, type DeskKind, type Talk } from './inside.ts';
import { remove } from './numbers.ts';
import { signalContainer, signalRelay } from './pods.ts';
import { expectClean, hangUp, relayOf } from './talk.ts';
import { settled, theWorld, type World } from './world.ts';

interface Scene extends DeskKind {
  name: string;
}

const SCENES: readonly Scene[] = [
  { name: 'relayed', codecs: ['opus'] },
  { name: 'relayed-sdes', codecs: ['opus'], encryption: 'SDES' },
  { name: 'changed', codecs: ['PCMU'] },
  { name: 'changed-sdes', codecs: ['PCMU'], encryption: 'SDES' },
];
const DTLS: Scene = { name: 'dtls', codecs: ['opus'], calling: { keyExchange: 'DTLS' } };

let world: World;
let talks: (Scene & Talk)[] = [];
let dtls: Talk;
beforeAll(async () => {
  world = await theWorld();
  const begin = async (scene: Scene) => ({ ...scene, ...(await talk(world, `killed-${scene.name}`, scene)) });
  talks = await Promise.all(SCENES.map(begin));
  dtls = await begin(DTLS);
  await Promise.all([...talks, dtls].map(bothHear));
  // Of a call that nobody has counted yet nobody knows the ends.
  await waitFor('the calls to be counted', async () => (await agentStatuses(world)).every(({ calls }) => Object.values(calls ?? {}).filter((count) => count > 0).length >= SCENES.length + 1));
}, 120_000);
afterAll(async () => {
  await remove(world, ...[...SCENES, DTLS].map(({ name }) => `killed-${name}`));
  for (const { desk } of [...talks, dtls]) desk.close();
  await settled(world);
}, 120_000);

/** Where the calls are: there may be another media pod since one was not ready for a moment. */
const relay = (): string => relayOf(dtls.call);

/** Waits until packets come again, one after the other. */
async function resumed({ call }: Talk): Promise<void> {
  let mark = call.mark();
  await waitFor('audio again', () => {
    const { received, lost } = call.media(mark);
    if (lost > 0) mark = call.mark();
    return lost === 0 && received > 25;
  });
}

describe('calls of a media relay', () => {
  it('that stands still for seconds, as on a machine that is too busy, go on once it does', async () => {
    const all = [...talks, dtls];
    await signalRelay(world, 'SIGSTOP', relay());
    const [first] = all;
    const mark = first?.call.mark();
    // More than it takes from its sockets at once, and less than Meta waits for.
    await waitFor('seven seconds', () => (first?.call.media(mark).expected ?? 0) > 350);
    await signalRelay(world, 'SIGCONT', relay());
    await Promise.all(all.map(resumed));
    await Promise.all(all.map(bothHear));
  });

  it.each([
    ['killed', () => signalRelay(world, 'SIGKILL', relay())],
    // As where it takes too much memory.
    ['killed with its container', () => signalContainer(world, 'rtpengine', 'SIGKILL', relay())],
  ])('that is %s go on, with keys by SDES or none inside, whether their codec is changed or not', async (_, kill) => {
    await kill();
    await Promise.all(talks.map(resumed));
    await Promise.all(talks.map(bothHear));
    await Promise.all(talks.map(deskGetsKey));
  });

  it('that is killed while one of them is on hold go on, that one once it is resumed', async () => {
    const [held, ...others] = talks;
    if (!held) throw new Error('there is no call');
    expect(await turn(held, 'inactive')).toBe('inactive');
    await hearsMusic(held);
    // The store hears of the music when its packets have come for some seconds.
    const mark = held.call.mark();
    await waitFor('five seconds of music', () => held.call.media(mark).received > 250);
    await signalRelay(world, 'SIGKILL', relay());
    await Promise.all(others.map(resumed));
    await Promise.all(others.map(bothHear));
    expect(await turn(held, 'sendrecv')).toBe('sendrecv');
    await bothHear(held);
  });

  it('that was killed are held and resumed, by what was known of them before', async () => {
    await Promise.all(
      talks.map(async (given) => {
        expect(await turn(given, 'inactive')).toBe('inactive');
        await hearsMusic(given);
        expect(await turn(given, 'sendrecv')).toBe('sendrecv');
        await bothHear(given);
      }),
    );
    await Promise.all(talks.map(({ call }) => hangUp(call)));
  });

  it('that was killed are ended at both ends where their keys came by DTLS, which no other process has', async () => {
    expect(await dtls.call.ended).toMatchObject({ by: 'business' });
    expectClean(dtls.call);
    const bye = await waitFor('the desk to be told', () => dtls.desk.requests.find(({ method }) => method === 'BYE'));
    expect(header(bye, 'Reason')).toBe('Q.850;cause=41;text="Media Relay Lost"');
  });
});
