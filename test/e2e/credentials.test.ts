// SPDX-License-Identifier: Apache-2.0
// Destinations that challenge: the proxy answers with the route's credentials, and Meta notices nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cseq, header } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { guard, type Account } from '../pbx/guard.ts';
import { apply } from '../stage/install.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear, turn } from './inside.ts';
import { numberManifest, secretManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { expectClean, hangUp, place, USER_TONE } from './talk.ts';
import { NAMESPACE, theWorld, type Line, type World } from './world.ts';

const GUARDED = 'guarded';
const ACCOUNT: Account = { username: 'trunk', password: 'open-sesame', realm: 'pbx.example.com', algorithm: 'MD5', code: 401 };

let world: World;
let desk: Desk;
let open: Desk;
let number: Line;

const destination = (uri: string, more: object = {}): object => ({ uri, credentials: { username: ACCOUNT.username, realm: ACCOUNT.realm, passwordRef: { name: 'users', key: 'trunk' } }, ...more });

async function route(destinations: readonly object[], more: object = {}): Promise<void> {
  const spec = { numbers: [{ name: GUARDED }], destinations, ...more };
  await apply(world.cluster, [{ apiVersion: 'trunkline.dev/v1alpha1', kind: 'SipRoute', metadata: { name: GUARDED }, spec }], NAMESPACE);
  await told(world, 'srt', GUARDED, { type: 'Ready' });
}

beforeAll(async () => {
  world = await theWorld();
  number = known(world, GUARDED);
  desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'], transport: 'TCP' });
  open = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'] });
  await apply(world.cluster, [secretManifest('users', { trunk: ACCOUNT.password }), numberManifest(number)], NAMESPACE);
  await route([destination(desk.uri)]);
  await told(world, 'wan', GUARDED, { type: 'Ready' });
});

afterAll(async () => {
  desk.close();
  open.close();
  await remove(world, GUARDED);
  await kubectl(world, 'delete', 'secret', 'users', '--ignore-not-found');
});

describe('a destination that challenges', () => {
  it.each<[401 | 407, 'MD5' | 'SHA-256']>([
    [401, 'MD5'],
    [407, 'SHA-256'],
  ])('with %i and %s is answered, and counts one more than Meta in all of the call', async (code, algorithm) => {
    desk.refuses = guard({ ...ACCOUNT, code, algorithm });
    const before = desk.requests.length;
    const call = await place(world, number);
    await bothHear({ desk, call });
    expect(cseq(desk.invite).number).toBe((cseq(call.journal.invites.at(-1) ?? desk.invite).number ?? 0) + 1);
    expect(await turn({ desk, call }, 'sendonly')).toBe('recvonly');
    expect(await turn({ desk, call }, 'sendrecv')).toBe('sendrecv');
    await bothHear({ desk, call });
    await hangUp(call);
    const requests = desk.requests.slice(before).map((request) => [request.method, cseq(request).number - cseq(desk.invite).number]);
    // The first ACK is for the challenge.
    expect(requests).toEqual([['ACK', -1], ['ACK', 0], ['BYE', 1]]);
  });

  it('may end the call itself', async () => {
    desk.refuses = guard(ACCOUNT);
    const call = await place(world, number);
    await bothHear({ desk, call });
    expect((await desk.request('BYE')).status).toBe(200);
    expect((await call.ended).by).toBe('business');
    expectClean(call);
  });

  it('with another password gets no call, and the user hears why', async () => {
    desk.refuses = guard({ ...ACCOUNT, password: 'another' });
    const { result } = await world.meta.call({ to: number.phoneNumber, tone: USER_TONE });
    expect(result).toMatchObject({ status: 502, reason: 'Destination Asks For Credentials' });
  });

  it('of another realm gets no hash to see', async () => {
    desk.refuses = guard({ ...ACCOUNT, realm: 'elsewhere.example.com' });
    const { result } = await world.meta.call({ to: number.phoneNumber, tone: USER_TONE });
    expect(result).toMatchObject({ status: 502, reason: 'Destination Asks For Credentials' });
    expect(header(desk.invite, 'Authorization')).toBeUndefined();
  });

  it('and does not take the call leaves it to the next one', async () => {
    desk.refuses = guard({ ...ACCOUNT, password: 'another' });
    await route([destination(desk.uri), { uri: open.uri, priority: 10 }], { failover: { on: ['Refused'] } });
    const call = await place(world, number);
    await bothHear({ desk: open, call });
    expect([header(open.invite, 'Authorization'), cseq(open.invite).number]).toEqual([undefined, cseq(call.journal.invites.at(-1) ?? open.invite).number]);
    await hangUp(call);
  });

  it('whose Secret is gone has a route that says so', async () => {
    await kubectl(world, 'delete', 'secret', 'users');
    expect(await told(world, 'srt', GUARDED, { type: 'ResolvedRefs', reason: 'SecretNotFound' })).toContain('Secret "users" does not exist');
    await waitFor('calls to go on to the next one', async () => (await place(world, number).then(hangUp)) === undefined);
  });
});
