// SPDX-License-Identifier: Apache-2.0
// What a destination is offered to speak, as its route asks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../meta/sip/outcome.ts';
import { apply } from '../stage/install.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { Refuser } from './refuser.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

let world: World;
let refuser: Refuser;

beforeAll(async () => {
  world = await theWorld();
  refuser = await Refuser.open({ code: 486, reason: 'Busy Here' });
});
afterAll(() => refuser.close());

/** A number whose calls go to destinations in turn, whatever becomes of them; Meta offers G.711 too where `calling` says so. */
async function routed(name: string, destinations: object[], calling: object = {}): Promise<Line> {
  const number = known(world, name);
  const inTurn = destinations.map((each, priority) => ({ uri: refuser.uri, priority, ...each }));
  const route = { ...routeManifest(name, [], ''), spec: { numbers: [{ name }], destinations: inTurn, failover: { on: ['Busy', 'Refused'] } } };
  await apply(world.cluster, [numberManifest(number, { calling }), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  return number;
}

/** The audio lines that the destinations of a call were offered, in turn. */
async function offered({ phoneNumber }: Line, options: Partial<CallOptions> = {}): Promise<string[]> {
  const before = refuser.invites.length;
  await world.meta.call({ to: phoneNumber, ...options });
  return refuser.invites.slice(before).map(({ body }) => /m=audio \d+ (.*)\r\n/.exec(body.toString())?.[1] ?? '');
}

const G711 = { additionalCodecs: ['PCMA', 'PCMU'] };

describe('a destination is offered', () => {
  it('codecs in the order of its route, what Meta has not got transcoded, each destination its own', async () => {
    const number = await routed('codecs', [{}, { media: { codecs: ['PCMU', 'Opus'] } }, { media: { codecs: ['PCMA'] } }]);
    expect(await offered(number)).toEqual(['RTP/AVP 111 8 0 126', 'RTP/AVP 0 111 126', 'RTP/AVP 8 126']);
    await remove(world, 'codecs');
  });

  it('only what Meta has where nothing may be transcoded, and no call where that is nothing', async () => {
    const never = (...codecs: string[]): object => ({ media: { codecs, transcoding: 'Never' } });
    const number = await routed('untouched', [never('PCMA'), never('PCMA', 'Opus'), never('PCMU')]);
    expect(await offered(number)).toEqual(['RTP/AVP 111 126']);
    const call = await world.meta.call({ to: number.phoneNumber });
    expect(call.result).toEqual({ kind: 'refused', status: 488, reason: 'No Codec In Common' });
    const broad = await routed('untouched-g711', [never('PCMA', 'Opus')], G711);
    expect(await offered(broad)).toEqual(['RTP/AVP 8 111 126']);
    await remove(world, 'untouched', 'untouched-g711');
  });

  it('SRTP with one key where its route says SDES, and RTP where it does not', async () => {
    const number = await routed('keys', [{ media: { encryption: 'SDES' } }, {}]);
    expect(await offered(number)).toEqual(['RTP/SAVP 111 8 0 126', 'RTP/AVP 111 8 0 126']);
    const [secret, open] = refuser.invites.slice(-2).map(({ body }) => body.toString().match(/^a=crypto:\d+ \S+/gm));
    expect([secret, open]).toEqual([['a=crypto:1 AES_CM_128_HMAC_SHA1_80'], null]);
    await remove(world, 'keys');
  });
});

describe('a call that goes on to a destination with other audio', () => {
  it('is heard there', async () => {
    const number = await routed('other-audio', [{ media: { encryption: 'SDES', codecs: ['Opus'] } }, { uri: PBXS.beta.uri, media: { codecs: ['PCMU'] } }]);
    const call = await place(world, number);
    await hears(call, PBXS.beta, 1);
    await hangUp(call);
    await remove(world, 'other-audio');
  });
});
