// SPDX-License-Identifier: Apache-2.0
// Keys by DTLS, with ICE: at Meta's side, at the inside's, and at both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Desk } from '../pbx/desk.ts';
import { buildPbx, readPbx } from '../pbx/pbx.ts';
import { heardTone } from '../pbx/recording.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear, deskGetsKey, directionOf, hearsMusic, talk, turn } from './inside.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { dialOut, outboundManifest, seen } from './office.ts';
import { expectClean, hangUp, hears, place, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBX_NAMESPACE, theWorld, type Pbx, type World } from './world.ts';

const DTLS = { calling: { keyExchange: 'DTLS' } };
const OFFICE = line('dtls-office', '+442079460107');
const USER = '+447700900401';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

describe('a number whose keys are agreed on by DTLS', () => {
  it('is called and heard, held, resumed, renewed without an offer and moved, and Meta notices nothing', async () => {
    const given = await talk(world, 'dtls-in', { codecs: ['PCMA', 'PCMU'], ...DTLS });
    expect(given.call.media().keyExchange).toBe('DTLS');
    await bothHear(given);
    await deskGetsKey(given);
    expect(await turn(given, 'inactive')).toBe('inactive');
    await hearsMusic(given);
    expect(await turn(given, 'sendrecv')).toBe('sendrecv');
    await bothHear(given);
    await given.desk.media.move();
    expect(directionOf(await given.desk.reinvite())).toBe('sendrecv');
    await bothHear(given);
    expect((await given.desk.request('INVITE')).status).toBe(200);
    await bothHear(given);
    await hangUp(given.call);
    given.desk.close();
    await remove(world, 'dtls-in');
  });

  it('calls a user, who is heard, held and resumed', async () => {
    world.meta.addNumber({ ...OFFICE, businessAccountID: ACCOUNT, countryCode: 'GB' });
    world.meta.addUser({ phoneNumber: USER, tone: USER_TONE });
    world.meta.permit(OFFICE.phoneNumberID, USER, 'permanent');
    const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs: ['PCMA'] });
    await apply(world.cluster, [numberManifest(OFFICE, DTLS), routeManifest('dtls-office', ['dtls-office'], desk.uri), outboundManifest('dtls-out', ['dtls-office'])], NAMESPACE);
    await told(world, 'srt', 'dtls-out', { type: 'Ready' });
    await told(world, 'wan', 'dtls-office', { type: 'Ready' });
    const response = await dialOut(world, desk, { to: USER, from: OFFICE.phoneNumber });
    expect([response.status, response.reason]).toEqual([200, 'OK']);
    const given = { desk, call: seen(world, USER) };
    expect(given.call.media().keyExchange).toBe('DTLS');
    await bothHear(given);
    expect(await turn(given, 'sendonly')).toBe('recvonly');
    expect(await turn(given, 'sendrecv')).toBe('sendrecv');
    await bothHear(given);
    expect((await desk.request('BYE')).status).toBe(200);
    await given.call.ended;
    expectClean(given.call);
    desk.close();
    await remove(world, 'dtls-office', 'dtls-out');
  });
});

describe('a baresip that takes calls with ICE and DTLS alone', () => {
  const PBX: Pbx = { namespace: PBX_NAMESPACE, name: 'safe', tone: 1100, uri: `sip:desk@safe.${PBX_NAMESPACE}.svc.cluster.local` };

  beforeAll(async () => {
    await apply(world.cluster, buildPbx({ ...PBX, image: world.images.baresip, codecs: ['opus/48000/2', 'pcma'], dtls: true }));
    await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'rollout', 'status', 'deployment/safe', '--timeout=60s']);
  });
  afterAll(async () => {
    await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'delete', 'deployment,configmap,service', 'safe']);
  });

  it.each(['SDES', 'DTLS'])('is heard, and hears, where Meta’s side has %s', async (keyExchange) => {
    const name = `safe-${keyExchange.toLowerCase()}`;
    const number = known(world, name);
    const spec = { numbers: [{ name }], destinations: [{ uri: PBX.uri, media: { encryption: 'DTLS' } }] };
    await apply(world.cluster, [numberManifest(number, { calling: { keyExchange } }), { ...routeManifest(name, [], ''), spec }], NAMESPACE);
    await told(world, 'wan', name, { type: 'Ready' });
    const { calls } = await readPbx(world.cluster, PBX);
    const call = await place(world, number);
    expect(call.media().keyExchange).toBe(keyExchange);
    await hears(call, PBX, 3);
    expect((await heardTone(world.cluster, PBX, USER_TONE)).at(-1)).toBeGreaterThan(0.9);
    await hangUp(call);
    const report = await waitFor('the PBX to report the call', async () => (await readPbx(world.cluster, PBX)).calls[calls.length]);
    expect(report.errors).toBe(0);
    expect(report.received).toBeGreaterThan(100);
    await remove(world, name);
  });
});
