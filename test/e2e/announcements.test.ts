// SPDX-License-Identifier: Apache-2.0
// Calls that are answered here: the user hears an announcement, and the call is over.
import { beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAP } from '../../operator/controllers/shared/kinds.ts';
import { apply } from '../stage/install.ts';
import { trunkline } from './commandline.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { expectClean, hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, theWorld, type Line, type World } from './world.ts';

const TONE = 600;
const SECONDS = 3;

/** A tone as a WAV file of 16 bits, as people make them: mono for telephones, or stereo. */
function wav({ rate, channels }: { rate: number; channels: number }): Buffer {
  const samples = Buffer.alloc(rate * SECONDS * channels * 2);
  for (let i = 0; i < rate * SECONDS; i += 1) {
    for (let channel = 0; channel < channels; channel += 1) samples.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * TONE * i) / rate)), (i * channels + channel) * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

let world: World;
beforeAll(async () => {
  world = await theWorld();
  const binaryData = {
    'narrow.wav': wav({ rate: 8000, channels: 1 }).toString('base64'),
    'wide.wav': wav({ rate: 48_000, channels: 2 }).toString('base64'),
  };
  // Too large for the annotation that kubectl apply makes.
  await world.client.create(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'announcements', namespace: NAMESPACE }, binaryData });
});

const announcement = (key: string, more: object = {}): object => ({ announcement: { audioRef: { name: 'announcements', key }, ...more } });

async function routed(name: string, destinations: object[], { failover = {}, calling = {} } = {}): Promise<Line> {
  const number = known(world, name);
  const route = { apiVersion: 'trunkline.dev/v1alpha1', kind: 'SipRoute', metadata: { name }, spec: { numbers: [{ name }], destinations, failover } };
  await apply(world.cluster, [numberManifest(number, { calling }), route], NAMESPACE);
  await told(world, 'wan', name, { type: 'Ready' });
  await told(world, 'srt', name, { type: 'Programmed' });
  return number;
}

const HEARD = { name: 'the announcement', tone: TONE };

describe.concurrent('an announcement', () => {
  it.each([
    ['narrow.wav', 'SDES', 1],
    ['wide.wav', 'SDES', 1],
    // Until the keys are made nothing is heard.
    ['wide.wav', 'DTLS', 3],
  ])('in %s is heard with keys by %s, and then the call ends', async (key, keyExchange, plays) => {
    const name = `${key.replace('.', '-')}-${keyExchange.toLowerCase()}`;
    const number = await routed(name, [announcement(key, { plays })], { calling: { keyExchange } });
    const call = await place(world, number);
    expect(call.media().keyExchange).toBe(keyExchange);
    // What goes by while keys are made is lost.
    await waitFor('the first audio', () => call.media().received > 0);
    await hears(call, HEARD, 2, { reports: 'its own' });
    expect((await call.ended).by).toBe('business');
    expectClean(call);
    expect(await trunkline(world, 'trace', call.callId)).toContain('ended by proxy');
    await remove(world, name);
  });

  it('is heard as often as it says, until the user has heard enough', async () => {
    const number = await routed('again', [announcement('wide.wav', { plays: 1000 })]);
    const call = await place(world, number);
    await hears(call, HEARD, 2, { reports: 'its own' });
    // By then it has begun anew.
    await hears(call, HEARD, SECONDS, { reports: 'its own' });
    expect(await trunkline(world, 'calls')).toContain('announcement:announcements/wide.wav');
    await hangUp(call);
    await waitFor('the relay to be free of it', async () => !(await trunkline(world, 'calls')).includes(call.callId));
    await remove(world, 'again');
  });

  it('is what a user hears where nobody else takes the call', async () => {
    const destinations = [{ uri: PBXS.alpha.uri.replace('desk', 'nobody') }, { ...announcement('wide.wav'), priority: 10 }];
    const number = await routed('resort', destinations, { failover: { on: ['Refused'] } });
    const call = await place(world, number);
    await hears(call, HEARD, 1, { reports: 'its own' });
    await hangUp(call);
    await remove(world, 'resort');
  });

  it('that is not there is told by the route, and a call to it ends at once', async () => {
    const number = await routed('absent', [announcement('nothing.wav')]);
    expect(await told(world, 'srt', 'absent', { type: 'ResolvedRefs', reason: 'AnnouncementUnusable' })).toContain('has no key "nothing.wav"');
    const call = await place(world, number);
    expect((await call.ended).by).toBe('business');
    expectClean(call);
    await remove(world, 'absent');
  });
});

describe('the proxies', () => {
  it('may read the ConfigMaps of announcements alone', async () => {
    const number = await routed('rights', [announcement('wide.wav')]);
    const may = (name: string): Promise<string> =>
      kubectl(world, 'auth', 'can-i', 'get', `configmap/${name}`, `--as=system:serviceaccount:${NAMESPACE}:default-proxy`).catch((error: unknown) => String(error));
    await waitFor('the right to be given', async () => (await may('announcements')).trim() === 'yes');
    expect(await may('kube-root-ca.crt')).toContain('no');
    await remove(world, number.name);
  });
});
