// SPDX-License-Identifier: Apache-2.0
// What all e2e tests stand on: the cluster, the chart installed as a user would, a simulated Meta, three PBXs, two live numbers.
import { createHash } from 'node:crypto';
import { sipGateway } from '../../operator/api/sipgateway.ts';
import { POD } from '../../operator/controllers/shared/kinds.ts';
import type { KubeClient } from '../../operator/kube/client.ts';
import { attach, type Cluster } from '../cluster/cluster.ts';
import { step } from '../cluster/steps.ts';
import type { Meta } from '../meta/meta.ts';
import { makeAuthority, type Authority } from '../meta/pki.ts';
import { buildPbx, type PbxOptions } from '../pbx/pbx.ts';
import { imagesInWorld, type Images } from '../stage/images.ts';
import { apply, createNamespace, installTrunkline } from '../stage/install.ts';
import { clientFor, kinds, waitForCondition } from '../stage/kube.ts';
import { ACCOUNT, META_ADDRESS, openMeta, TOKEN } from '../stage/meta.ts';
import { waitFor } from '../stage/wait.ts';
import { gatewayManifest, numberManifest, routeManifest, secretManifest } from './manifests.ts';

export const NAMESPACE = 'trunkline';
export const PBX_NAMESPACE = 'pbx';

/** Every Secret that some test's number names, every gateway, every direct number: rights are given by name. */
const RIGHTS = {
  secrets: ['users', 'meta', 'late', 'revoked', 'own', 'dev', 'half', 'no-token', 'absent', 'pin', 'wrong-pin', 'app-0', 'app-1', 'app-2'],
  gateways: ['default', 'second'],
  directNumbers: ['direct'],
};

export interface Pbx {
  namespace: string;
  name: string;
  tone: number;
  uri: string;
}

const pbx = (name: string, tone: number): Pbx => ({
  namespace: PBX_NAMESPACE,
  name,
  tone,
  uri: `sip:desk@${name}.${PBX_NAMESPACE}.svc.cluster.local:5060`,
});

/** PBXs with a tone each: two that speak G.711, one that speaks Opus, one that puts calls on hold, one that only rings. */
export const PBXS = {
  alpha: pbx('alpha', 1000),
  beta: pbx('beta', 1500),
  opus: pbx('opus', 700),
  holder: pbx('holder', 1200),
  bell: pbx('bell', 900),
} as const;

export interface Line {
  name: string;
  phoneNumber: string;
  phoneNumberID: string;
}

/** A number for tests: its id follows from it. */
export const line = (name: string, phoneNumber: string): Line => ({
  name,
  phoneNumber,
  phoneNumberID: (BigInt(`0x${createHash('sha256').update(phoneNumber).digest('hex').slice(0, 12)}`) + 100_000n).toString(),
});

/** Numbers that are live from the start: sales rings alpha, support rings beta. */
export const SALES = line('sales', '+15550001111');
export const SUPPORT = line('support', '+15550003333');

export interface World {
  /** Signs for servers inside; the proxies trust it. */
  inside: Authority;
  cluster: Cluster;
  client: KubeClient;
  meta: Meta;
  images: Images;
}

let made: Promise<World> | undefined;

/** The world, made once for all test files, and at rest: whatever an earlier test broke is whole again. */
export async function theWorld(): Promise<World> {
  made ??= make();
  const world = await made;
  await Promise.all(world.meta.edge.calls.map((call) => call.hangup()));
  await routeNumbers(world);
  await settled(world);
  return world;
}

/** Waits until the default gateway is Ready with the media pods that there are now, none of which is gone. */
export async function settled({ client }: World): Promise<void> {
  await waitFor(
    'the gateway to be at rest',
    async () => {
      const gateway = sipGateway.parse(await client.get(kinds.sgw, { namespace: NAMESPACE, name: 'default' }));
      const { status } = gateway;
      const isReady = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
      const pods = await Promise.all((status?.media?.pods ?? []).map(({ name }) => client.find(POD, { namespace: NAMESPACE, name })));
      return isReady && pods.length > 0 && pods.every((pod) => pod && !pod.metadata.deletionTimestamp);
    },
    { timeoutMs: 90_000, last: async () => JSON.stringify((await client.get(kinds.sgw, { namespace: NAMESPACE, name: 'default' }))['status']) },
  );
}

async function make(): Promise<World> {
  const cluster = await attach();
  const client = await clientFor(cluster);
  const images = imagesInWorld();
  await step('images loaded', async () => {
    for (const image of Object.values(images)) await cluster.loadImage(image);
  });
  await step('earlier run removed', () => removeNamespaces(cluster));
  const issuer = await cluster.issuer();
  const meta = await openMeta(cluster, issuer);
  const inside = await makeAuthority('Inside CA');
  await step('PBXs', () => makePbxs(cluster, images));
  await step('helm install', async () => {
    await createNamespace(cluster, NAMESPACE);
    await installTrunkline({ cluster, namespace: NAMESPACE, images, extraCA: [meta.caPem, issuer, inside.caPem].join('\n'), values: RIGHTS });
  });
  const world = { cluster, client, meta, images, inside };
  await step('two live numbers', () => makeNumbers(world));
  return world;
}

async function removeNamespaces(cluster: Cluster): Promise<void> {
  const names = [NAMESPACE, PBX_NAMESPACE];
  await cluster.kubectl(['delete', 'namespace', ...names, '--ignore-not-found', '--wait=false']);
  // Proxies would wait for calls to end, and of these there are none any more.
  for (const name of names) await cluster.kubectl(['-n', name, 'delete', 'pods', '--all', '--grace-period=1', '--wait=false']);
  await cluster.kubectl(['wait', '--for=delete', ...names.map((name) => `namespace/${name}`), '--timeout=90s']);
}

async function makePbxs(cluster: Cluster, images: Images): Promise<void> {
  await createNamespace(cluster, PBX_NAMESPACE);
  const options = Object.values(PBXS).map(
    ({ namespace, name, tone }): PbxOptions => ({
      namespace,
      name,
      tone,
      image: images.baresip,
      codecs: name === 'opus' ? ['opus/48000/2'] : ['pcma', 'pcmu'],
      holds: name === 'holder',
      answers: name !== 'bell',
    }),
  );
  await apply(cluster, options.flatMap(buildPbx));
  for (const { name } of options) {
    await cluster.kubectl(['-n', PBX_NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=60s']);
  }
}

async function makeNumbers({ cluster, client, meta }: World): Promise<void> {
  const gateway = gatewayManifest('default', { access: { sourceNetworks: [`${META_ADDRESS}/32`] } });
  await apply(cluster, [secretManifest('meta', { token: TOKEN }), gateway], NAMESPACE);
  for (const each of [SALES, SUPPORT]) {
    meta.addNumber({ ...each, businessAccountID: ACCOUNT });
    await apply(cluster, [numberManifest(each)], NAMESPACE);
  }
  await routeNumbers({ cluster, client });
}

/** Sends the two live numbers to where they belong, and waits until they are Ready. */
async function routeNumbers({ cluster, client }: Pick<World, 'cluster' | 'client'>): Promise<void> {
  const routes = [routeManifest('sales', ['sales'], PBXS.alpha.uri), routeManifest('support', ['support'], PBXS.beta.uri)];
  await apply(cluster, routes, NAMESPACE);
  for (const { name } of [SALES, SUPPORT]) {
    await waitForCondition(client, { kind: kinds.wan, namespace: NAMESPACE, name, type: 'Ready', timeoutMs: 90_000 });
    await waitForCondition(client, { kind: kinds.srt, namespace: NAMESPACE, name, type: 'Ready' });
  }
}
