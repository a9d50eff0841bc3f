// SPDX-License-Identifier: Apache-2.0
// A call with a scripted desk inside, and what either end hears of it.
import { expect } from 'vitest';
import type { CodecName } from '../meta/media/codecs.ts';
import type { UserEnd } from '../meta/sip/userend.ts';
import type { SipResponse } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import type { Direction } from '../pbx/deskmedia.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, told } from './numbers.ts';
import { hears, place, PLAYER, USER_TONE } from './talk.ts';
import { NAMESPACE, type World } from './world.ts';

const TONE = 1300;
/** The two notes of the music that is played to a user on hold. */
const MUSIC = [660, 528] as const;

export interface Talk {
  desk: Desk;
  call: UserEnd;
}

export interface DeskKind {
  codecs: readonly CodecName[];
  encryption?: 'None' | 'SDES';
  /** Whether it is called by TLS. */
  tls?: boolean;
  /** Of the number, as its spec says it. */
  calling?: object;
}

/** A user talks to a desk, by a number of its own. */
export async function talk(world: World, name: string, { codecs, encryption = 'None', tls = false, calling = {} }: DeskKind): Promise<Talk> {
  const identity = tls ? await world.inside.issue(STRANGER_ADDRESS) : undefined;
  const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: TONE, codecs, srtp: encryption === 'SDES', identity });
  const number = known(world, name);
  const route = { ...routeManifest(name, [], ''), spec: { numbers: [{ name }], destinations: [{ uri: desk.uri, media: { encryption } }] } };
  await apply(world.cluster, [numberManifest(number, { calling }), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  return { desk, call: await place(world, number) };
}

export const userHears = ({ call }: Talk): Promise<void> => hears(call, { name: 'the desk', tone: TONE }, 1, PLAYER);

async function deskHears({ desk: { media } }: Talk): Promise<void> {
  const mark = performance.now();
  await waitFor('the user’s tone at the desk', () => (media.reception.toneShares(USER_TONE, mark, performance.now()).at(-1) ?? 0) > 0.9);
}

export async function bothHear(given: Talk): Promise<void> {
  await Promise.all([userHears(given), deskHears(given)]);
}

/** The user presses a key, and the desk gets it by its telephone-event. */
export async function deskGetsKey({ call, desk: { media } }: Talk): Promise<void> {
  const events = (): number => media.reception.payloadTypes[126] ?? 0;
  const before = events();
  call.press(5);
  await waitFor('the key at the desk', () => events() >= before + 8);
}

/** Each second that the user hears is of one of the two notes, or of both. */
export async function hearsMusic({ call }: Talk): Promise<void> {
  const mark = call.mark();
  await waitFor('music', () => {
    const [high = 0, low = 0] = MUSIC.map((hertz) => call.media(mark).toneShares(hertz).at(-1) ?? 0);
    return high + low > 0.9;
  });
}

/** The desk says a direction from now on; returns the answer's. */
export async function turn({ desk }: Talk, direction: Direction): Promise<string | undefined> {
  desk.media.direction = direction;
  return directionOf(await desk.reinvite());
}

export function directionOf(response: SipResponse): string | undefined {
  expect(response.status).toBe(200);
  return /\r\na=(sendrecv|sendonly|recvonly|inactive)\r\n/.exec(response.body.toString())?.[1];
}
