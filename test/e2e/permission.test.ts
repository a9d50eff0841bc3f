// SPDX-License-Identifier: Apache-2.0
// A route that asks before it calls: Meta gets no call that the user does not permit, and the inside hears what it can do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { header, type SipResponse } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear } from './inside.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { kubectl, remove, told } from './numbers.ts';
import { counted, dialOut, outboundManifest, seen } from './office.ts';
import { expectClean, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBXS, theWorld, type World } from './world.ts';

const POLITE = line('polite', '+442079460104');
/** Sends no requests, or only where the call asks for it. */
const SHY = line('shy', '+442079460105');
/** What a PBX says and Meta must not hear. */
const SECRETS = ['X-Secret', 'P-Asserted-Identity', 'Diversion', 'User-Agent', 'Session-Expires', 'Supported'].map((name) => ({ name, value: '<sip:boss@10.0.0.1>' }));
const DEMAND = [{ name: 'X-WA-Request-Permission', value: 'yes' }];

let world: World;
let users = 0;
const desks: Desk[] = [];

beforeAll(async () => {
  world = await theWorld();
  for (const each of [POLITE, SHY]) world.meta.addNumber({ ...each, businessAccountID: ACCOUNT, countryCode: 'GB' });
  const routes = [
    outboundManifest('polite-out', ['polite'], { permission: { request: 'OnDemand', text: 'May we call you?' } }),
    outboundManifest('shy-out', ['shy'], { permission: { request: 'Automatic' } }),
    routeManifest('asking', ['polite', 'shy'], PBXS.beta.uri),
  ];
  await apply(world.cluster, [numberManifest(POLITE), numberManifest(SHY), ...routes], NAMESPACE);
  for (const name of ['polite-out', 'shy-out']) await told(world, 'srt', name, { type: 'Ready' });
  for (const name of ['polite', 'shy']) await told(world, 'wan', name, { type: 'Ready' });
});

afterAll(async () => {
  for (const desk of desks) desk.close();
  await remove(world, 'polite-out', 'shy-out', 'asking', 'polite', 'shy');
});

/** A user who has agreed to nothing. */
function stranger(): string {
  const phoneNumber = `+4477009002${String((users += 1)).padStart(2, '0')}`;
  world.meta.addUser({ phoneNumber, tone: USER_TONE });
  return phoneNumber;
}

async function aDesk(): Promise<Desk> {
  const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'] });
  desks.push(desk);
  return desk;
}

async function dial(to: string, { from = POLITE.phoneNumber, headers = [] as typeof DEMAND } = {}): Promise<{ desk: Desk; response: SipResponse }> {
  const desk = await aDesk();
  return { desk, response: await dialOut(world, desk, { to, from, headers }) };
}

/** How often an operator has said that Meta did not answer. */
const unanswered = async (): Promise<number> =>
  (await kubectl(world, 'logs', '-l', 'app.kubernetes.io/component=operator', '--tail=-1')).split('whether a user permits a call cannot be read').length;

const heard = ({ response }: { response: SipResponse }) => [response.status, response.reason, header(response, 'X-WA-Permission-Request')];

describe('a user who has not agreed', () => {
  it('is not called, and Meta hears of no call', async () => {
    const [before, refused] = [world.meta.businessCalls.length, await counted(world, 'refused', 'permission')];
    const call = await dial(stranger());
    expect(heard(call)).toEqual([403, 'User Has Given No Call Permission', 'possible']);
    expect(header(call.response, 'X-WA-Call-Permission')).toBe('none');
    expect(world.meta.businessCalls).toHaveLength(before);
    expect(await counted(world, 'refused', 'permission')).toBe(refused + 1);
  });

  it('is asked where the call demands it, once, and can be called as soon as the answer is yes', async () => {
    const to = stranger();
    world.meta.openWindow(POLITE.phoneNumberID, to);
    expect(heard(await dial(to, { headers: DEMAND }))).toEqual([403, 'User Was Asked For Call Permission', 'sent']);
    expect(heard(await dial(to, { headers: DEMAND }))).toEqual([403, 'User Has Given No Call Permission', 'not-now']);
    expect(world.meta.permissionRequests(POLITE.phoneNumberID).map((request) => [request.to, request.text])).toEqual([[to, 'May we call you?']]);
    world.meta.permit(POLITE.phoneNumberID, to, 'temporary');
    const { desk, response } = await dial(to, { headers: SECRETS });
    expect(response.status).toBe(200);
    const call = seen(world, to);
    // Meta challenges, so there are two.
    expect(call.invites).toHaveLength(2);
    const names = call.invites.flatMap(({ headers }) => headers.map(({ name }) => name.toLowerCase()));
    expect(names.filter((name) => SECRETS.some((secret) => secret.name.toLowerCase() === name))).toEqual([]);
    await bothHear({ desk, call });
    expect((await desk.request('BYE')).status).toBe(200);
    await call.ended;
    expectClean(call);
  });

  it('is asked at any call where the route says so; what Meta has against it is told', async () => {
    const [writer, silent] = [stranger(), stranger()];
    world.meta.openWindow(SHY.phoneNumberID, writer);
    expect(heard(await dial(writer, { from: SHY.phoneNumber }))).toEqual([403, 'User Was Asked For Call Permission', 'sent']);
    const [status, , request] = heard(await dial(silent, { from: SHY.phoneNumber }));
    expect([status, request]).toEqual([403, expect.stringMatching(/^failed;reason=".*131047/)]);
  });
});

describe('while nobody can say', () => {
  it('Meta judges a call as without asking', async () => {
    const to = stranger();
    world.meta.graph.fault('hang', { path: '/call_permissions', times: 1 });
    const { response } = await dial(to);
    expect([response.status, response.reason]).toEqual([403, expect.stringContaining('No Approved Call Permission Found')]);
    expect(seen(world, to).invites.length).toBeGreaterThan(0);
  });

  it('a call can be given up', async () => {
    const to = stranger();
    const before = world.meta.businessCalls.length;
    const unread = await unanswered();
    world.meta.graph.fault('hang', { path: '/call_permissions', times: 1 });
    const desk = await aDesk();
    const answer = dialOut(world, desk, { to, from: POLITE.phoneNumber });
    await waitFor('the call to wait', () => desk.responses.some(({ status }) => status === 100));
    desk.cancel();
    expect((await answer).status).toBe(487);
    await waitFor('the question to be given up too', async () => (await unanswered()) > unread);
    // By whatever comes after that a call of somebody else has been made.
    const next = await dial(stranger());
    expect(next.response.status).toBe(403);
    expect(world.meta.businessCalls).toHaveLength(before);
  });
});
