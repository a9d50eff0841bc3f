// SPDX-License-Identifier: Apache-2.0
// sipp, which nobody here wrote, at every end of a call: as a PBX that behaves oddly, as a telephone, as Meta with many calls at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import { Sipp, type Tally } from '../pbx/sipp.ts';
import { dialsByTls, takesByTls, type Place } from '../pbx/tlsfront.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, APP, META_ADDRESS, STRANGER_ADDRESS } from '../stage/meta.ts';
import { numberManifest, routeManifest, secretManifest } from './manifests.ts';
import { known, remove, told } from './numbers.ts';
import { podsOf } from './pods.ts';
import { expectClean, hangUp, hears, place, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

const HOSTNAME = 'sip.example.com';
/** sipp sends back what it hears. */
const ITSELF = { name: 'sipp', tone: USER_TONE };
const all = (calls: number): Tally => ({ succeeded: calls, failed: 0, complaints: '' });

let world: World;
let ports = 18_000;

beforeAll(async () => {
  world = await theWorld();
});

const nextPort = (): number => (ports += 10);

async function gateway(port: number): Promise<Place> {
  const [proxy] = await podsOf(world, 'proxy');
  return { host: proxy?.status.podIP ?? '', port };
}

/** A number whose calls go to one place, which is asked nothing by OPTIONS. */
async function numbered(name: string, uri: string): Promise<Line> {
  const number = known(world, name);
  const route = { ...routeManifest(name, [], ''), spec: { numbers: [{ name }], destinations: [{ uri, probe: 'None' }] } };
  await apply(world.cluster, [numberManifest(number), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  return number;
}

/** sipp takes one call by TLS, as its scenario says; the user calls it, and does the rest. */
async function withPbx(scenario: string, talk: (call: Call) => Promise<void>): Promise<void> {
  const port = nextPort();
  const identity = await world.inside.issue(STRANGER_ADDRESS);
  const front = await takesByTls({ address: STRANGER_ADDRESS, to: { host: STRANGER_ADDRESS, port }, identity });
  const own = `${front.host}:${front.port}`;
  const pbx = await Sipp.start({ scenario, transport: 'TCP', address: STRANGER_ADDRESS, port, echo: port + 2, calls: 1, words: { own } });
  try {
    const number = await numbered(`sipp-${scenario}`, `sip:desk@${own};transport=tls`);
    const call = await place(world, number, { userSendsFirst: true });
    await talk(call);
    expect(await pbx.tally()).toEqual(all(1));
    expectClean(call);
    await remove(world, number.name);
  } finally {
    await pbx.close();
    front.close();
  }
}

const provisional = ({ journal }: Call): number[] => journal.responses.map(({ status }) => status).filter((status) => status > 100 && status < 200);

describe.concurrent('sipp as a PBX by TLS', () => {
  it('sends early media and rings before it answers, of which Meta gets the signs and no description', async () => {
    await withPbx('early-media', async (call) => {
      expect(provisional(call)).toEqual([183, 180]);
      expect(call.journal.responses.filter(({ status, body }) => status < 200 && body.length > 0)).toEqual([]);
      await hears(call, ITSELF, 1);
      await hangUp(call);
    });
  });

  it('answers late, after several signs of life, and the call is up', async () => {
    await withPbx('late', async (call) => {
      expect(provisional(call)).toEqual([180, 181, 182, 180]);
      await hears(call, ITSELF, 1);
      await hangUp(call);
    });
  });

  it('hangs up by itself, and Meta hears of it', async () => {
    await withPbx('hangs-up', async (call) => {
      expect((await call.ended).by).toBe('business');
    });
  });

  it('asks for an offer within a call and is made one, of which Meta hears nothing', async () => {
    await withPbx('asks-for-an-offer', async (call) => {
      await hears(call, ITSELF, 3, { reports: 'its own' });
      await hangUp(call);
    });
  });
});

describe('sipp as a telephone by TLS', () => {
  const TO = '+447700900181';
  const OFFICE = line('sipp-office', '+442079460181');
  const USER = 'sipp-7';

  beforeAll(async () => {
    world.meta.addNumber({ ...OFFICE, businessAccountID: ACCOUNT, countryCode: 'GB' });
    world.meta.addUser({ phoneNumber: TO, tone: USER_TONE });
    world.meta.permit(OFFICE.phoneNumberID, TO, 'permanent');
    const sources = { users: [{ username: USER, passwordRef: { name: 'users', key: 'sipp' } }] };
    const out = { ...routeManifest('sipp-out', ['sipp-office'], ''), spec: { direction: 'Outbound', numbers: [{ name: 'sipp-office' }], sources } };
    await apply(world.cluster, [secretManifest('users', { sipp: 'right' }), numberManifest(OFFICE), routeManifest('sipp-office', ['sipp-office'], PBXS.beta.uri), out], NAMESPACE);
    await told(world, 'srt', 'sipp-out', { type: 'Ready' });
    await told(world, 'wan', 'sipp-office', { type: 'Ready' });
  });
  afterAll(() => remove(world, 'sipp-out', 'sipp-office'));

  /** One call of a scenario, by the first proxy. */
  async function dials(scenario: string, password: string): Promise<Tally> {
    const front = await dialsByTls({ address: STRANGER_ADDRESS, to: await gateway(5063), name: HOSTNAME });
    const words = { caller: OFFICE.phoneNumber, hostname: HOSTNAME };
    const telephone = await Sipp.start({ scenario, transport: 'TCP', address: STRANGER_ADDRESS, to: front, callee: TO, user: { name: USER, password }, calls: 1, words });
    try {
      return await telephone.tally();
    } finally {
      await telephone.close();
      front.close();
    }
  }

  it('calls a user with the right password, and hangs up', async () => {
    expect(await dials('calls-a-user', 'right')).toEqual(all(1));
    const call = world.meta.businessCalls.findLast(({ to }) => to === TO);
    expect((await call?.ended)?.by).toBe('business');
    expect(call?.journal.findings).toEqual([]);
  });

  it('is refused with a wrong one, and Meta is not called', async () => {
    const before = world.meta.businessCalls.length;
    expect(await dials('is-refused', 'wrong')).toEqual(all(1));
    expect(world.meta.businessCalls).toHaveLength(before);
  });
});

describe('sipp as Meta', () => {
  const CALLS = 200;

  it(`places ${CALLS} calls, each by a connection of its own, and all are taken`, async () => {
    const port = nextPort();
    const number = await numbered('sipp-many', `sip:desk@${STRANGER_ADDRESS}:${port}`);
    const user = { name: number.phoneNumber.replace('+', ''), password: world.meta.sipPassword(number.phoneNumberID, APP) ?? '' };
    const front = await dialsByTls({ address: META_ADDRESS, to: await gateway(5061), name: HOSTNAME });
    const pbx = await Sipp.start({ scenario: 'takes', transport: 'UDP', address: STRANGER_ADDRESS, port });
    const meta = await Sipp.start({ scenario: 'meta-calls', transport: 'TCP', address: META_ADDRESS, to: front, callee: number.phoneNumber, user, calls: CALLS, rate: 20, atOnce: CALLS, words: { hostname: HOSTNAME } });
    try {
      expect(await meta.tally()).toEqual(all(CALLS));
    } finally {
      await Promise.all([meta.close(), pbx.close()]);
      front.close();
    }
    await remove(world, 'sipp-many');
  });
});
