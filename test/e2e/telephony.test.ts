// SPDX-License-Identifier: Apache-2.0
// Telephony outside of the cluster: where it is told to find the proxies, and that it does so once others are there.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listHeader } from '../meta/sip/message.ts';
import { Desk } from '../pbx/desk.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT, META_ADDRESS, STRANGER_ADDRESS } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear, talk, turn, type DeskKind, type Talk } from './inside.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { kubectl, remove, told } from './numbers.ts';
import { outboundManifest, seen } from './office.ts';
import { changeGateway, podsOf, theGateway } from './pods.ts';
import { expectClean, hangUp, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBXS, settled, theWorld, type World } from './world.ts';

const OFFICE = line('far-office', '+442079460180');
const NAME = 'pbx.example.com';
const UDP: DeskKind = { codecs: ['PCMA'] };
const TLS: DeskKind = { codecs: ['PCMA'], tls: true };

let world: World;
const desks: Desk[] = [];

beforeAll(async () => {
  world = await theWorld();
  world.meta.addNumber({ ...OFFICE, businessAccountID: ACCOUNT, countryCode: 'GB' });
  await apply(world.cluster, [numberManifest(OFFICE), outboundManifest('far-office-out', [OFFICE.name]), routeManifest(OFFICE.name, [OFFICE.name], PBXS.beta.uri)], NAMESPACE);
  await told(world, 'wan', OFFICE.name, { type: 'Ready' });
  await told(world, 'srt', 'far-office-out', { type: 'Ready' });
}, 120_000);

afterAll(async () => {
  for (const desk of desks) desk.close();
  await changeGateway(world, { inside: null });
  await remove(world, OFFICE.name, 'far-office-out', 'far-from-pods', 'far-behind', 'far-udp', 'far-tls');
  await settled(world);
}, 120_000);

/** Where the gateway says that telephony finds the proxies, once every proxy serves that. */
async function found(spec: object, expected: RegExp): Promise<string> {
  await changeGateway(world, { inside: spec });
  const { status } = await waitFor(
    'the address for telephony',
    async () => {
      const gateway = await theGateway(world);
      const isProgrammed = gateway.status?.conditions?.some(({ type, status: value, observedGeneration }) => type === 'Programmed' && value === 'True' && observedGeneration === gateway.metadata.generation);
      return isProgrammed && expected.test(gateway.status?.insideAddress ?? '') && gateway;
    },
    { timeoutMs: 90_000, last: async () => JSON.stringify((await theGateway(world)).status) },
  );
  return status?.insideAddress ?? '';
}

/** The address of a load balancer, once the nodes lead there. */
async function balanced(spec: object = {}): Promise<string> {
  const address = await found({ exposure: 'LoadBalancer', ...spec }, /^\d+\.\d+\.\d+\.\d+$/);
  await untilReached(address);
  return address;
}

const untilReached = (address: string): Promise<boolean> => waitFor('the nodes to lead there', () => isReached(address));

/** Each try is a connection of its own: what a node has sent astray once goes on going there. */
function isReached(host: string, from = STRANGER_ADDRESS): Promise<boolean> {
  const socket = connect({ host, port: 5060, localAddress: from, timeout: 500 });
  return new Promise((resolve) => {
    for (const event of ['connect', 'timeout', 'error']) {
      socket.once(event, () => {
        socket.destroy();
        resolve(event === 'connect');
      });
    }
  });
}

/** What a desk that was called was told of the way to the proxies: what comes first in its Route. */
const wayOf = ({ desk }: Talk): string => listHeader(desk.invite, 'Record-Route')[0] ?? '';

async function replaceProxies(): Promise<void> {
  const before = (await podsOf(world, 'proxy')).map(({ metadata }) => metadata.name);
  await kubectl(world, 'delete', 'pod', '--grace-period=1', ...before);
  await settled(world);
  expect((await podsOf(world, 'proxy')).filter(({ metadata }) => before.includes(metadata.name))).toEqual([]);
}

/** A desk calls a user by an address that leads to all proxies. */
async function dial(host: string, { codecs, tls = false }: DeskKind, to: string, by = host): Promise<Talk> {
  world.meta.addUser({ phoneNumber: to, tone: USER_TONE });
  world.meta.permit(OFFICE.phoneNumberID, to, 'permanent');
  const identity = tls ? await world.inside.issue(STRANGER_ADDRESS) : undefined;
  const desk = await Desk.open({ address: STRANGER_ADDRESS, tone: 1300, codecs, identity });
  desks.push(desk);
  const response = await desk.dial({ to, from: OFFICE.phoneNumber, proxy: { host, port: tls ? 5063 : 5060 }, by });
  expect([response.status, listHeader(response, 'Record-Route').at(-1)]).toEqual([200, expect.stringContaining(`<sip:${by}:${tls ? 5063 : 5060};`)]);
  return { desk, call: seen(world, to) };
}

async function endsByDesk({ desk, call }: Talk): Promise<void> {
  desk.disconnect();
  expect((await desk.request('BYE')).status).toBe(200);
  expect(await call.ended).toMatchObject({ by: 'business' });
  expectClean(call);
}

describe('telephony outside of the cluster', () => {
  it('is told the address of a proxy’s pod where the gateway has none for it, which its status does not claim', async () => {
    const call = await talk(world, 'far-from-pods', UDP);
    desks.push(call.desk);
    const [proxy] = await podsOf(world, 'proxy');
    expect(wayOf(call)).toContain(`<sip:${proxy?.status.podIP};r2=on`);
    await endsByDesk(call);
    expect((await theGateway(world)).status).not.toHaveProperty('insideAddress');
  });

  it('is not taken for a proxy where it is behind the same address as they are', async () => {
    expect(await found({ advertisedAddress: STRANGER_ADDRESS }, /./)).toBe(STRANGER_ADDRESS);
    const call = await talk(world, 'far-behind', UDP);
    desks.push(call.desk);
    expect(wayOf(call)).toContain(`<sip:${STRANGER_ADDRESS}:5060;`);
    await bothHear(call);
    await hangUp(call.call);
    expect(call.desk.requests.map(({ method }) => method)).toEqual(['ACK', 'BYE']);
    await found({ advertisedAddress: null }, /^$/);
  });

  it('finds any proxy by the load balancer, as long as its calls last and whichever began them', async () => {
    const address = await balanced();
    expect(await told(world, 'sgw', 'default', { type: 'InsideAddressed' })).toContain(address);
    const calls = [];
    for (const of of [UDP, TLS]) {
      const call = await talk(world, of.tls ? 'far-tls' : 'far-udp', of);
      desks.push(call.desk);
      expect(wayOf(call)).toContain(`<sip:${address}:${of.tls ? 5063 : 5060};`);
      calls.push(call, await dial(address, of, `+4477009007${calls.length}0`));
    }
    for (const call of calls) await bothHear(call);
    await replaceProxies();
    await untilReached(address);
    for (const call of calls) {
      call.desk.disconnect();
      expect(await turn(call, 'inactive')).toBe('inactive');
      expect(await turn(call, 'sendrecv')).toBe('sendrecv');
      await bothHear(call);
      await endsByDesk(call);
    }
  }, 180_000);

  it('is alone in reaching that address where the gateway says who it is', async () => {
    const address = await balanced({ sourceRanges: [`${STRANGER_ADDRESS}/32`] });
    await waitFor('others to be kept out', async () => !(await isReached(address, META_ADDRESS)));
    const call = await dial(address, UDP, '+447700900795');
    await bothHear(call);
    await endsByDesk(call);
  });

  it('is told a name that it can check, and a change of what it is told leaves its calls as they are', async () => {
    const before = await balanced({ sourceRanges: null });
    const old = await dial(before, TLS, '+447700900790');
    const pods = (await podsOf(world, 'proxy')).map(({ metadata }) => metadata.uid);
    expect(await found({ exposure: 'LoadBalancer', hostname: NAME }, /^pbx/)).toBe(NAME);
    const named = await waitFor('the name on the certificate', async () => {
      const connection = await world.meta.raw({ host: before, port: 5063, tls: true });
      const { certificateNames: names } = connection;
      connection.close();
      return names?.includes(NAME) && names;
    });
    expect(named).toContain('sip.example.com');
    const call = await dial(before, TLS, '+447700900791', NAME);
    // As its DNS would have it.
    call.desk.via = { host: before, port: 5063 };
    await bothHear(call);
    await endsByDesk(call);
    await bothHear(old);
    await endsByDesk(old);
    expect((await podsOf(world, 'proxy')).map(({ metadata }) => metadata.uid)).toEqual(pods);
  }, 120_000);
});
