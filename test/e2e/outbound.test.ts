// SPDX-License-Identifier: Apache-2.0
// Calls that the inside makes to WhatsApp users: who may, what Meta sees of them, and what becomes of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BusinessCall } from '../meta/sip/business/call.ts';
import { cseq, header, listHeader, type SipResponse } from '../meta/sip/message.ts';
import { Desk, type Dialling } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, APP, META_ADDRESS, STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { trunkline } from './commandline.ts';
import { bothHear, deskGetsKey, hearsMusic, turn, type DeskKind } from './inside.ts';
import { numberManifest, routeManifest, secretManifest } from './manifests.ts';
import { kubectl, remove, told } from './numbers.ts';
import { counted, dialOut, outboundManifest, seen } from './office.ts';
import { killContainer, podsOf } from './pods.ts';
import { expectClean, hangUp, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBXS, settled, theWorld, type World } from './world.ts';

const DESK_TONE = 1300;
const G711: DeskKind = { codecs: ['PCMA', 'PCMU'] };
/** A number that Meta lets call, and one of the United States. */
const OFFICE = line('office', '+442079460101');
const DIGEST = line('digest', '+442079460103');
const AMERICAN = line('american', '+12125550101');

let world: World;
let users = 0;
const desks: Desk[] = [];

beforeAll(async () => {
  world = await theWorld();
  const lines = [OFFICE, AMERICAN, line('closed', '+442079460102')];
  for (const each of lines) world.meta.addNumber({ ...each, businessAccountID: ACCOUNT, countryCode: each === AMERICAN ? 'US' : 'GB' });
  const routes = [
    outboundManifest('office-out', ['office', 'american'], { match: { exceptCountries: ['FR'] } }),
    // Calling is switched on at Meta once calls of users have somewhere to go.
    routeManifest('office', ['office'], PBXS.beta.uri),
    outboundManifest('closed-out', ['closed'], { sources: { networks: [`${META_ADDRESS}/32`] } }),
  ];
  await apply(world.cluster, [...lines.map((each) => numberManifest(each)), ...routes], NAMESPACE);
  await told(world, 'srt', 'office-out', { type: 'Ready' });
  await told(world, 'srt', 'closed-out', { type: 'Ready' });
  await told(world, 'wan', 'office', { type: 'Ready' });
});

afterAll(async () => {
  for (const desk of desks) desk.close();
  await remove(world, 'office-out', 'closed-out', 'office', 'american', 'closed');
});

/** A user who has agreed to be called by the office. */
function user(behaviour: Partial<Parameters<World['meta']['addUser']>[0]> = {}): string {
  const phoneNumber = `+4477009001${String((users += 1)).padStart(2, '0')}`;
  world.meta.addUser({ phoneNumber, tone: USER_TONE, ...behaviour });
  world.meta.permit(OFFICE.phoneNumberID, phoneNumber, 'permanent');
  return phoneNumber;
}

async function aDesk({ codecs, encryption = 'None', tls = false }: DeskKind = G711): Promise<Desk> {
  const identity = tls ? await world.inside.issue(STRANGER_ADDRESS) : undefined;
  const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: DESK_TONE, codecs, srtp: encryption === 'SDES', identity });
  desks.push(desk);
  return desk;
}

const dial = (desk: Desk, to: string, options: Partial<Dialling> & { tls?: boolean } = {}): Promise<SipResponse> =>
  dialOut(world, desk, { to, from: OFFICE.phoneNumber, ...options });

/** A user whom a desk has called and who talks to it. */
async function called(kind: DeskKind = G711): Promise<{ desk: Desk; call: BusinessCall }> {
  const desk = await aDesk(kind);
  const to = user();
  const response = await dial(desk, to, { tls: kind.tls ?? false });
  expect([response.status, response.reason]).toEqual([200, 'OK']);
  return { desk, call: seen(world, to) };
}

const declined = (reason: string): Promise<number> => counted(world, 'declined', reason);

async function expectEnd({ desk, call }: { desk: Desk; call: BusinessCall }): Promise<void> {
  expect((await desk.request('BYE')).status).toBe(200);
  expect((await call.ended).by).toBe('business');
  expectClean(call);
}

describe('a digest user', () => {
  const NAME = 'desk-7';
  const as = (password: string, name = NAME): Partial<Dialling> => ({ from: DIGEST.phoneNumber, user: { name, password } });

  beforeAll(async () => {
    world.meta.addNumber({ ...DIGEST, businessAccountID: ACCOUNT, countryCode: 'GB' });
    const sources = { users: [{ username: NAME, passwordRef: { name: 'users', key: 'desk' } }] };
    const out = outboundManifest('digest-out', ['digest'], { sources });
    await apply(world.cluster, [secretManifest('users', { desk: 'first' }), numberManifest(DIGEST), routeManifest('digest', ['digest'], PBXS.beta.uri), out], NAMESPACE);
    await told(world, 'srt', 'digest-out', { type: 'Ready' });
    await told(world, 'wan', 'digest', { type: 'Ready' });
  });
  afterAll(() => remove(world, 'digest-out', 'digest'));

  it('calls from anywhere with the right password, and goes on to with another one once that is right', async () => {
    const to = user();
    world.meta.permit(DIGEST.phoneNumberID, to, 'permanent');
    const desk = await aDesk();
    expect((await dial(desk, to, as('first'))).status).toBe(200);
    const talk = { desk, call: seen(world, to) };
    expect(talk.call.invites.flatMap(({ headers }) => headers).filter(({ value }) => value.includes(NAME))).toEqual([]);
    await bothHear(talk);
    await expectEnd(talk);
    await apply(world.cluster, [secretManifest('users', { desk: 'second' })], NAMESPACE);
    const again = await waitFor('the other password to hold', async () => {
      const other = await aDesk();
      return (await dial(other, to, as('second'))).status === 200 && other;
    });
    expect((await dial(await aDesk(), to, as('first'))).status).toBe(403);
    await expectEnd({ desk: again, call: seen(world, to) });
  });

  it.each([
    ['a wrong password', as('wrong')],
    ['another name', as('first', 'desk-8')],
  ])('with %s is refused', async (_, options) => {
    const response = await dial(await aDesk(), user(), options);
    expect([response.status, response.reason]).toEqual([403, 'Wrong Digest Answer']);
  });

  it('is asked first, and nobody else is', async () => {
    const [asked, known] = [await dial(await aDesk(), user(), { from: DIGEST.phoneNumber }), await dial(await aDesk(), user(), { from: '+442079460102' })];
    expect([asked.status, header(asked, 'Proxy-Authenticate')]).toEqual([407, expect.stringContaining('realm="sip.example.com"')]);
    expect(known.status).toBe(403);
  });

  it('whose Secret is gone cannot call, and the route says why', async () => {
    await kubectl(world, 'delete', 'secret', 'users');
    expect(await told(world, 'srt', 'digest-out', { type: 'ResolvedRefs', reason: 'SecretNotFound' })).toContain('Secret "users" does not exist');
    await waitFor('the user to be refused', async () => (await dial(await aDesk(), user(), as('second'))).status === 403);
  });
});

describe('a call to a user', () => {
  it('is ended at both ends by the command', async () => {
    const { desk, call } = await called();
    await trunkline(world, 'hangup', call.callId);
    expect((await call.ended).by).toBe('business');
    expectClean(call);
    await waitFor('the desk to hear of it', () => desk.requests.some(({ method }) => method === 'BYE'));
  });

  it('is heard at both ends, and is to Meta as Meta wants it', async () => {
    const talk = await called();
    await bothHear(talk);
    await deskGetsKey(talk);
    const [first, second] = talk.call.invites;
    expect(talk.call.invites).toHaveLength(2);
    expect(second && cseq(second).number).toBe((first ? cseq(first).number : 0) + 1);
    expect(second && header(second, 'From')).toMatch(/^<sip:\+442079460101@sip\.example\.com>;tag=/);
    expect(second && header(second, 'To')).toBe(`<sip:${talk.call.to}@wa.meta.vc>`);
    expect(second?.uri).toBe(`sip:${talk.call.to}@wa.meta.vc;transport=tls`);
    expect(world.meta.edge.serverNames).toContain('wa.meta.vc');
    await expectEnd(talk);
  });

  it('takes nothing along that the inside says of itself', async () => {
    const desk = await aDesk();
    const to = user();
    const headers = ['Route', 'X-Secret', 'P-Asserted-Identity', 'Remote-Party-ID', 'User-Agent', 'Diversion'].map((name) => ({ name, value: '<sip:boss@10.0.0.1;lr>' }));
    expect((await dial(desk, to, { headers })).status).toBe(200);
    const call = seen(world, to);
    const names = call.invites.flatMap((invite) => invite.headers.map(({ name }) => name.toLowerCase()));
    expect(names.filter((name) => headers.some((each) => each.name.toLowerCase() === name))).toEqual([]);
    await expectEnd({ desk, call });
  });

  it('may be ended by the user, of whom the inside hears by the names that it dialled', async () => {
    const { desk, call } = await called();
    await hangUp(call);
    const bye = desk.requests.find(({ method }) => method === 'BYE');
    expect(bye && header(bye, 'From')).toMatch(new RegExp(`^<sip:\\${call.to}@198\\.18\\.`));
    expect(bye && header(bye, 'To')).toMatch(new RegExp(`^<sip:\\${OFFICE.phoneNumber}@${STRANGER_ADDRESS}>`));
  });

  it('is made with voice alone, whatever else the inside offers', async () => {
    const desk = await aDesk();
    const to = user();
    expect((await dial(desk, to, { more: 'm=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n' })).body.toString()).toContain('m=video 0 ');
    const call = seen(world, to);
    expect(call.invites.map(({ body }) => body.toString().match(/m=/g))).toEqual([['m='], ['m=']]);
    await expectEnd({ desk, call });
  });

  it.each<[string, DeskKind]>([
    ['Opus', { codecs: ['opus'] }],
    ['SDES', { ...G711, encryption: 'SDES' }],
    ['TLS', { ...G711, tls: true }],
    ['TLS and SDES', { ...G711, tls: true, encryption: 'SDES' }],
  ])('is made by %s as well', async (_, kind) => {
    const talk = await called(kind);
    await bothHear(talk);
    await expectEnd(talk);
  });

  it.each(['MD5', 'SHA-256', 'SHA-256+MD5', 'MD5+SHA-256'] as const)('is made where Meta challenges with %s', async (challenge) => {
    world.meta.edge.challenges = challenge;
    try {
      await expectEnd(await called());
    } finally {
      world.meta.edge.challenges = 'SHA-256+MD5';
    }
  });

  it('is found by any proxy where the caller is in the cluster, as the name says that it called', async () => {
    const [desk, to] = [await aDesk(), user()];
    const response = await dial(desk, to, { by: 'default-inside.trunkline.svc.cluster.local' });
    const address = (await kubectl(world, 'get', 'service', 'default-inside', '-o', 'jsonpath={.spec.clusterIP}')).trim();
    expect(listHeader(response, 'Record-Route').at(-1)).toContain(`<sip:${address}:5060;r2=on`);
    const talk = { desk, call: seen(world, to) };
    await bothHear(talk);
    const [proxy] = await podsOf(world, 'proxy');
    desk.via = { host: proxy?.status.podIP ?? '', port: 5060 };
    await expectEnd(talk);
  });

  it('is renewed, held and resumed without Meta’s noticing, and ended by a proxy that has restarted', async () => {
    const talk = await called();
    await bothHear(talk);
    expect((await talk.desk.reinvite()).status).toBe(200);
    await bothHear(talk);
    expect(await turn(talk, 'inactive')).toBe('inactive');
    await hearsMusic(talk);
    expect(await turn(talk, 'sendrecv')).toBe('sendrecv');
    await bothHear(talk);
    await killContainer(world, 'kamailio');
    await settled(world);
    await bothHear(talk);
    await expectEnd(talk);
  });

  it('may be given up while it rings', async () => {
    const desk = await aDesk();
    const to = user({ answers: 'ignores' });
    const arrived = world.meta.nextBusinessCall({ to });
    const answer = dial(desk, to);
    await arrived;
    desk.cancel();
    expect((await answer).status).toBe(487);
    expectClean(seen(world, to));
  });
});

describe('a call that Meta or the user does not take', () => {
  it.each([
    ['declines', 486],
    ['unreachable', 480],
  ] as const)('because the user %s is answered %i', async (answers, status) => {
    expect((await dial(await aDesk(), user({ answers }))).status).toBe(status);
  });

  it('because the user has not agreed is answered in Meta’s words', async () => {
    const to = user();
    world.meta.permit(OFFICE.phoneNumberID, to, 'none');
    const { status, reason } = await dial(await aDesk(), to);
    expect([status, reason]).toEqual([403, expect.stringContaining('No Approved Call Permission Found')]);
  });

  it('without a reason is answered so', async () => {
    world.meta.edge.refuseNext({ code: 500, reason: 'Server Internal Error' });
    const { status, reason } = await dial(await aDesk(), user());
    expect([status, reason]).toEqual([500, 'Server Internal Error']);
  });

  it('because the password has changed is told so, until the operator has asked Meta for the new one', async () => {
    const before = await declined('digest');
    world.meta.rotateSipPassword(OFFICE.phoneNumberID, APP);
    const { status, reason } = await dial(await aDesk(), user());
    expect([status, reason]).toEqual([403, expect.stringMatching(/digest/i)]);
    expect(await declined('digest')).toBe(before + 1);
    await waitFor('a call to be taken again', async () => (await dial(await aDesk(), user())).status === 200, { everyMs: 1000 });
  });

  it('gets no credentials to see where the certificate is for somebody else', async () => {
    const [before, counts] = [world.meta.businessCalls.length, await declined('certificate')];
    world.meta.edge.present(await world.meta.identityFor('edge.example.com'));
    world.meta.edge.disconnect();
    const { status, reason } = await dial(await aDesk(), user()).finally(() => {
      world.meta.edge.present();
      world.meta.edge.disconnect();
    });
    expect([status, reason]).toEqual([502, 'Certificate Is Not That Of wa.meta.vc']);
    expect(await declined('certificate')).toBe(counts + 1);
    const invites = world.meta.businessCalls.slice(before).flatMap((call) => call.invites);
    expect(invites.length).toBeGreaterThan(0);
    expect(invites.filter((invite) => header(invite, 'Proxy-Authorization'))).toEqual([]);
    await expectEnd(await called());
  });
});

describe('a call that is none of Meta’s business', () => {
  it.each<[string, Partial<Dialling> & { to: string }, number, string]>([
    ['by a number that nobody may call with', { to: '+447700900199', from: 'reception' }, 403, 'From Is No Number That May Call'],
    ['from a network that may not', { to: '+447700900199', from: '+442079460102' }, 403, 'Source Network May Not Call By This Number'],
    ['to a number in national form', { to: '07700900199' }, 404, 'Dial The Number In International Form'],
    ['to a country that the route leaves out', { to: '+33123456789' }, 403, 'No Route Takes Calls To This User Now'],
    ['by a number of the United States', { to: '+447700900199', from: AMERICAN.phoneNumber }, 403, 'WhatsApp Lets No Number Of US Call'],
  ])('%s is refused before Meta hears of it', async (_, { to, ...options }, status, reason) => {
    const before = world.meta.businessCalls.length;
    const response = await dial(await aDesk(), to, options);
    expect([response.status, response.reason]).toEqual([status, reason]);
    expect(world.meta.businessCalls).toHaveLength(before);
  });
});
