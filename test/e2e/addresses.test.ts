// SPDX-License-Identifier: Apache-2.0
// Media pods on the network of their node, and what Meta is told of where they are.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SipGatewayStatus } from '../../operator/api/sipgateway.ts';
import { firstNode } from '../cluster/addresses.ts';
import { inNetns, nodeNetns } from '../cluster/netns.ts';
import { run } from '../cluster/run.ts';
import type { UserEnd } from '../meta/sip/userend.ts';
import { apply } from '../stage/install.ts';
import { waitFor } from '../stage/wait.ts';
import { bothHear, talk } from './inside.ts';
import { numberManifest, ONE_POD, routeManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { changeGateway, mediaStatus } from './pods.ts';
import { hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, settled, theWorld, type Line, type World } from './world.ts';

type Pods = NonNullable<SipGatewayStatus['media']>['pods'];

/** What a cloud calls the ExternalIP of a node: it is no address of the node itself. */
const PUBLIC = '198.19.201.50';
const NAT = 'trunkline-test-nat';
const PORTS = { from: 40_000, to: 40_999 };
/** Of a pod for 50 calls. */
const PART = 208;

let world: World;
let number: Line;
beforeAll(async () => {
  world = await theWorld();
  number = known(world, 'on-the-node');
  await apply(world.cluster, [numberManifest(number), routeManifest(number.name, [number.name], PBXS.opus.uri)], NAMESPACE);
  await told(world, 'wan', number.name, { type: 'Ready' });
}, 120_000);
afterAll(async () => {
  await Promise.all(world.meta.edge.calls.map((call) => call.hangup()));
  await remove(world, number.name);
  await world.cluster.kubectl(['annotate', 'node', firstNode.name, 'trunkline.dev/media-address-']);
  await nft(`add table ip ${NAT}; delete table ip ${NAT}`);
  await changeGateway(world, { media: { exposure: null, ports: null, minPods: null, freeCapacity: null, scaleInAfter: '1s', ...ONE_POD } });
  await waitFor('one media pod of its own address', async () => (await pods()).map(({ addressSource }) => addressSource).join() === 'Pod', { timeoutMs: 90_000, last: async () => JSON.stringify(await pods()) });
  await changeGateway(world, { media: { scaleInAfter: null } });
  await level('restricted');
  await settled(world);
}, 180_000);

const level = (name: string): Promise<string> => world.cluster.kubectl(['label', 'namespace', NAMESPACE, `pod-security.kubernetes.io/enforce=${name}`, '--overwrite']);

const pods = async (): Promise<Pods> => (await mediaStatus(world)).pods;

const untilPods = (what: string, holds: (all: Pods) => boolean): Promise<unknown> =>
  waitFor(what, async () => holds(await pods()), { timeoutMs: 90_000, last: async () => JSON.stringify(await pods()) });

const places = (all: Pods): string => all.map(({ state, address, addressSource }) => `${state} ${address} ${addressSource}`).join();

/** Where the audio of a call came from last. */
const sourceOf = (call: UserEnd): { address: string; port: number } => {
  const [address = '', port] = (call.media().sources.at(-1) ?? '').split(':');
  return { address, port: Number(port) };
};

/** Of the node's network. */
const nft = (input: string): Promise<string> => run([...inNetns(nodeNetns), 'nft', '-f', '-'], { input });

/** One to one, as a cloud does it. */
const translate = (): Promise<string> =>
  nft(`table ip ${NAT} {
    chain in { type nat hook prerouting priority dstnat; iifname "world" ip daddr ${PUBLIC} dnat to ${firstNode.address}; }
    chain out { type nat hook postrouting priority srcnat; oifname "world" ip saddr ${firstNode.address} udp sport ${PORTS.from}-${PORTS.to} snat to ${PUBLIC}; }
  }`);

describe('media pods on the network of their node', () => {
  it('are refused where the namespace forbids it, which is said, and calls go on as before', async () => {
    await changeGateway(world, { media: { exposure: 'HostNetwork', ports: PORTS, callsPerPod: 50, minPods: 2, maxPods: 2, freeCapacity: 0 } });
    expect(await told(world, 'sgw', 'default', { type: 'MediaReady', status: 'False', reason: 'ApplyFailed' })).toContain('violates PodSecurity "restricted:latest"');
    const call = await place(world, number);
    await hears(call, PBXS.opus, 1);
    await hangUp(call);
  });

  it('share its address, each with ports of its own', async () => {
    await level('privileged');
    const place2 = `Ready ${firstNode.address} Node`;
    await untilPods('two pods at the address of the node', (all) => places(all) === `${place2},${place2}`);
    expect(await told(world, 'sgw', 'default', { type: 'MediaAddressed' })).toBe(`Meta is told to send audio to ${firstNode.address}, the address of its node`);
    const calls = await Promise.all(Array.from({ length: 6 }, () => place(world, number)));
    await Promise.all(calls.map((call) => hears(call, PBXS.opus, 1)));
    const sources = calls.map(sourceOf);
    expect(new Set(sources.map(({ address }) => address))).toEqual(new Set([firstNode.address]));
    const parts = sources.map(({ port }) => Math.floor((port - PORTS.from) / PART));
    expect(new Set(parts).size).toBe(2);
    expect(parts.every((part) => part >= 0 && part < 4)).toBe(true);
    await Promise.all(calls.map(hangUp));
  });

  it('are where the annotation of their node says, from the next call on', async () => {
    const before = await place(world, number);
    await translate();
    await world.cluster.kubectl(['annotate', 'node', firstNode.name, `trunkline.dev/media-address=${PUBLIC}`]);
    const there = `Ready ${PUBLIC} NodeAnnotation`;
    await untilPods('pods at the public address', (all) => places(all) === `${there},${there}`);
    await told(world, 'sgw', 'default', { type: 'Programmed' });
    const given = await waitFor('a call by the public address', async () => {
      const next = await talk(world, 'by-the-node', { codecs: ['opus'] });
      await bothHear(next);
      if (next.call.media().told === PUBLIC) return next;
      await hangUp(next.call);
      next.desk.close();
      return undefined;
    });
    // What Meta sends came by the address that it was told.
    await bothHear(given);
    await hears(before, PBXS.opus, 1);
    await Promise.all([hangUp(given.call), hangUp(before)]);
    given.desk.close();
    await remove(world, 'by-the-node');
    expect(await kubectl(world, 'describe', 'sgw', 'default')).toContain(PUBLIC);
  });
});

describe('media pods behind load balancers', () => {
  it('take calls once their Services have addresses, at which Meta sends its audio', async () => {
    await changeGateway(world, { media: { exposure: 'LoadBalancer', ports: { from: 41_000, to: 41_999 }, callsPerPod: 5 } });
    await untilPods('two pods at addresses of load balancers', (all) => all.length === 2 && all.every(({ state, addressSource }) => state === 'Ready' && addressSource === 'LoadBalancer'));
    const addresses = (await pods()).map(({ address }) => address);
    expect(new Set(addresses).size).toBe(2);
    await told(world, 'sgw', 'default', { type: 'Programmed' });
    const given = await talk(world, 'by-a-balancer', { codecs: ['opus'] });
    await bothHear(given);
    expect(addresses).toContain(given.call.media().told);
    await hangUp(given.call);
    given.desk.close();
    await remove(world, 'by-a-balancer');
  });
});
