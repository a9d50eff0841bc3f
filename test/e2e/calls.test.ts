// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPbx, readPbx } from '../pbx/pbx.ts';
import { heardTone } from '../pbx/recording.ts';
import { apply } from '../stage/install.ts';
import { ACCOUNT } from '../stage/meta.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { remove } from './numbers.ts';
import { expectClean, hangUp, hears, place, USER_TONE } from './talk.ts';
import { line, NAMESPACE, PBX_NAMESPACE, PBXS, SALES, SUPPORT, theWorld, type Pbx, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the PBX itself says of the call that ended last. */
async function pbxReport(pbx: Pbx, callsBefore: number) {
  const log = await waitFor(`${pbx.name} to report the call`, async () => {
    const read = await readPbx(world.cluster, pbx);
    return read.calls.length > callsBefore && read;
  });
  return { ...log.calls.at(-1), codec: log.codecs.at(-1) };
}

async function talk(number: typeof SALES, pbx: Pbx) {
  const { calls } = await readPbx(world.cluster, pbx);
  const call = await place(world, number);
  await hears(call, pbx, 4);
  const media = call.media();
  expect(media.received / media.expected).toBeGreaterThanOrEqual(0.95);
  const heard = await heardTone(world.cluster, pbx, USER_TONE);
  await hangUp(call);
  const report = await pbxReport(pbx, calls.length);
  expect(heard.length).toBeGreaterThan(1);
  expect(mean(heard.slice(1))).toBeGreaterThanOrEqual(0.9);
  expect(report.received ?? 0).toBeGreaterThanOrEqual(media.sent * 0.95);
  expect(report.errors).toBe(0);
  return { media, report };
}

/** A number of its own whose calls go to a URI. */
async function numbered(name: string, phoneNumber: string, uri: string): Promise<typeof SALES> {
  const number = line(name, phoneNumber);
  world.meta.addNumber({ ...number, businessAccountID: ACCOUNT });
  await apply(world.cluster, [numberManifest(number), routeManifest(name, [name], uri)], NAMESPACE);
  await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name, type: 'Ready' });
  return number;
}

describe('a call to a baresip', () => {
  it('by TCP is heard at both ends', async () => {
    const number = await numbered('by-tcp', '+15550004501', `${PBXS.alpha.uri};transport=tcp`);
    const { report } = await talk(number, PBXS.alpha);
    expect(report.codec).toBe('PCMA');
    await remove(world, 'by-tcp');
  });

  it('by TLS is heard at both ends', async () => {
    const vault: Pbx = { namespace: PBX_NAMESPACE, name: 'vault', tone: 1100, uri: `sip:desk@vault.${PBX_NAMESPACE}.svc.cluster.local:5061;transport=tls` };
    const identity = await world.inside.issue(`vault.${PBX_NAMESPACE}.svc.cluster.local`);
    await apply(world.cluster, buildPbx({ ...vault, image: world.images.baresip, codecs: ['pcma'], identity }));
    await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'rollout', 'status', 'deployment/vault', '--timeout=60s']);
    const { report } = await talk(await numbered('by-tls-real', '+15550004502', vault.uri), vault);
    expect(report.codec).toBe('PCMA');
    await remove(world, 'by-tls-real');
    await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'delete', 'deployment,configmap,service', 'vault']);
  });
});

describe('an inbound call', () => {
  it('is heard at both ends with G.711 at the PBX and Opus at Meta', async () => {
    const { media, report } = await talk(SALES, PBXS.alpha);
    expect(media.codec).toBe('opus');
    expect(report.codec).toBe('PCMA');
    // Key presses can be sent, though the relay itself leaves them out of its answer.
    expect(media.telephoneEvent).toBe(true);
  });

  it('passes Opus from end to end untouched', async () => {
    const number = await numbered('opus', '+15550004444', PBXS.opus.uri);
    const { media, report } = await talk(number, PBXS.opus);
    expect(media.codec).toBe('opus');
    expect(report.codec).toBe('opus');
    // Untouched: the relay counts nothing as transcoded while the call is up, which the next call shows.
    const call = await place(world, number);
    await hears(call, PBXS.opus, 1);
    expect(await transcodedStreams()).toBe(0);
    await hangUp(call);
  });

  it('speaks G.711 at Meta too where Meta offers it and nothing else', async () => {
    const call = await place(world, SALES, { codecs: ['PCMA'] });
    await hears(call, PBXS.alpha);
    expect(call.media().codec).toBe('PCMA');
    await hangUp(call);
  });

  it('ends at the PBX when the PBX hangs up, and Meta hears of it', async () => {
    const call = await place(world, SUPPORT);
    await hears(call, PBXS.beta, 1);
    // The PBX goes away and hangs up as it does.
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'restart', 'deployment/beta']);
    expect(await call.ended).toMatchObject({ by: 'business' });
    expectClean(call);
    await world.cluster.kubectl(['-n', 'pbx', 'rollout', 'status', 'deployment/beta', '--timeout=60s']);
  });

  it('that the user gives up while it rings ends at the PBX, and frees the relay', async () => {
    const number = line('bell', '+15550006666');
    world.meta.addNumber({ ...number, businessAccountID: ACCOUNT });
    await apply(world.cluster, [numberManifest(number), routeManifest('bell', ['bell'], PBXS.bell.uri)], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: 'bell', type: 'Ready' });
    const call = world.meta.dial({ to: number.phoneNumber });
    await waitFor('the PBX to ring', () => call.journal.responses.some(({ status }) => status === 180));
    call.cancel();
    expect(await call.outcome).toMatchObject({ kind: 'cancelled', by: 'user', status: 487 });
    await waitFor('the PBX to stop ringing', async () =>
      (await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'logs', 'deployment/bell'])).includes('session closed'),
    );
    await waitFor('the relay to have no calls', async () => (await relayMetric(/^rtpengine_sessions\{type="own"\}\s+(\d+)/m)) === 0);
  });

  it('goes on when a PBX puts it on hold, and Meta hears nothing of that', async () => {
    const number = line('holder', '+15550005555');
    world.meta.addNumber({ ...number, businessAccountID: ACCOUNT });
    await apply(world.cluster, [numberManifest(number), routeManifest('holder', ['holder'], PBXS.holder.uri)], NAMESPACE);
    await waitForCondition(world.client, { kind: kinds.wan, namespace: NAMESPACE, name: 'holder', type: 'Ready' });
    const held = await place(world, number, { from: '+15557770001' });
    await hears(held, PBXS.holder, 1);
    const second = await place(world, number, { from: '+15557770002' });
    await waitFor('the PBX to ask for a hold', async () =>
      (await world.cluster.kubectl(['-n', PBX_NAMESPACE, 'logs', 'deployment/holder'])).includes('call: hold'),
    );
    await hears(second, PBXS.holder, 1);
    await Promise.all([hangUp(held), hangUp(second)]);
    const received = [...held.journal.timeline, ...second.journal.timeline].filter(({ event }) => event.endsWith(' received'));
    expect(received).toEqual([]);
    expect(world.meta.edge.strays).toEqual([]);
  });

  it('reaches its own destination when ten ring at the same time at two numbers', async () => {
    const numbers = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? SALES : SUPPORT));
    const calls = await Promise.all(numbers.map((number, i) => place(world, number, { from: `+1555700000${i}` })));
    await Promise.all(calls.map((call, i) => hears(call, numbers[i] === SALES ? PBXS.alpha : PBXS.beta, 3)));
    await Promise.all(calls.map(hangUp));
  });

  it('leaves nothing behind at the relay when it is over', async () => {
    await waitFor('the relay to have no calls', async () => (await relayMetric(/^rtpengine_sessions\{type="own"\}\s+(\d+)/m)) === 0);
  });
});

/** A figure of the media pod's own metrics. */
async function relayMetric(pattern: RegExp): Promise<number> {
  const pods = await world.client.list({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }, {
    namespace: NAMESPACE,
    labelSelector: 'trunkline.dev/component=media',
  });
  const name = pods.items[0]?.metadata.name ?? '';
  const text = await world.client.getText(`/api/v1/namespaces/${NAMESPACE}/pods/${name}:2225/proxy/metrics`);
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

const transcodedStreams = (): Promise<number> => relayMetric(/^rtpengine_transcoded_media\s+(\d+)/m);
