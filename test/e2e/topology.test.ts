// SPDX-License-Identifier: Apache-2.0
// Neither side of a call learns the other's addresses from SIP or SDP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialise, type SipMessage } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, META_ADDRESS, STRANGER_ADDRESS } from '../stage/meta.ts';
import { bothHear, turn } from './inside.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { remove, told } from './numbers.ts';
import { dialOut, outboundManifest, seen } from './office.ts';
import { podsOf } from './pods.ts';
import { expectClean, hangUp, place, USER_TONE } from './talk.ts';
import { line, NAMESPACE, theWorld, type World } from './world.ts';

const HIDDEN = line('hidden', '+442079460106');
const USER = '+447700900301';

let world: World;
let desk: Desk;

beforeAll(async () => {
  world = await theWorld();
  desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'] });
  world.meta.addNumber({ ...HIDDEN, businessAccountID: ACCOUNT, countryCode: 'GB' });
  world.meta.addUser({ phoneNumber: USER, tone: USER_TONE });
  world.meta.permit(HIDDEN.phoneNumberID, USER, 'permanent');
  await apply(world.cluster, [numberManifest(HIDDEN), routeManifest('hidden', ['hidden'], desk.uri), outboundManifest('hidden-out', ['hidden'])], NAMESPACE);
  for (const name of ['hidden', 'hidden-out']) await told(world, 'srt', name, { type: 'Ready' });
  await told(world, 'wan', 'hidden', { type: 'Ready' });
});

afterAll(async () => {
  desk.close();
  await remove(world, 'hidden', 'hidden-out');
});

/** But for the Call-ID, which whoever calls makes up: it is the call's name everywhere. */
const text = (messages: readonly SipMessage[]): string =>
  messages.map((each) => serialise({ ...each, headers: each.headers.filter(({ name }) => name !== 'Call-ID') }).toString()).join('\n');

/** Addresses of the inside: the desk's, and the proxies' own in the cluster. */
const inside = async (): Promise<string[]> => [STRANGER_ADDRESS, ...(await podsOf(world, 'proxy')).flatMap(({ status }) => status.podIP ?? [])];

const shown = (among: string, addresses: readonly string[]): string[] => addresses.filter((address) => among.includes(address));

describe('in a call of a user', () => {
  it('Meta sees nothing of the inside, and the inside no address of Meta, until its end', async () => {
    const call = await place(world, HIDDEN);
    await bothHear({ desk, call });
    expect(await turn({ desk, call }, 'sendonly')).toBe('recvonly');
    expect(await turn({ desk, call }, 'sendrecv')).toBe('sendrecv');
    expect(desk.responses.flatMap(({ headers }) => headers.filter(({ name }) => ['TH', 'Contact'].includes(name)).map(({ name }) => name))).toEqual(['Contact', 'Contact']);
    expect(call.journal.responses.length).toBeGreaterThan(1);
    expect(shown(text(call.journal.responses), await inside())).toEqual([]);
    await hangUp(call);
    expect(shown(text([desk.invite, ...desk.requests, ...desk.responses]), [META_ADDRESS])).toEqual([]);
    expect(desk.requests.map(({ method }) => method)).toEqual(['ACK', 'BYE']);
  });
});

describe('in a call to a user', () => {
  it('Meta sees nothing of the inside, and the inside no address of Meta, until its end', async () => {
    const response = await dialOut(world, desk, { to: USER, from: HIDDEN.phoneNumber });
    expect(response.status).toBe(200);
    const call = seen(world, USER);
    await bothHear({ desk, call });
    expect((await desk.request('BYE')).status).toBe(200);
    await call.ended;
    expectClean(call);
    expect(shown(text(call.invites), await inside())).toEqual([]);
    expect(shown(text(desk.responses), [META_ADDRESS])).toEqual([]);
  });
});
