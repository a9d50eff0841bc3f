// SPDX-License-Identifier: Apache-2.0
// A node that is emptied while calls go through it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { POD } from '../../operator/controllers/shared/kinds.ts';
import { secondNode } from '../cluster/addresses.ts';
import type { Call } from '../meta/sip/call.ts';
import { apply } from '../stage/install.ts';
import { waitFor } from '../stage/wait.ts';
import { numberManifest, ONE_POD, routeManifest } from './manifests.ts';
import { known, kubectl, remove, told } from './numbers.ts';
import { changeGateway } from './pods.ts';
import { hangUp, hears, place, relayOf } from './talk.ts';
import { NAMESPACE, PBXS, settled, theWorld, type Line, type World } from './world.ts';

const placed = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()), deletionTimestamp: z.string().optional() }),
  spec: z.object({ nodeName: z.string().optional() }),
  status: z.object({ podIP: z.string().optional() }),
});

let world: World;
let number: Line;
beforeAll(async () => {
  world = await theWorld();
  // No proxy and no operator is to go there.
  await world.cluster.made?.joinSecondNode([world.images.rtpengine]);
  await world.cluster.kubectl(['uncordon', secondNode.name]);
  number = known(world, 'emptied');
  await apply(world.cluster, [numberManifest(number), routeManifest(number.name, [number.name], PBXS.opus.uri)], NAMESPACE);
  await told(world, 'wan', number.name, { type: 'Ready' });
  await patch({ media: { minPods: 2, maxPods: 3 } });
}, 240_000);
afterAll(async () => {
  await Promise.all(world.meta.edge.calls.map((call) => call.hangup()));
  // Other tests have one node.
  await world.cluster.kubectl(['cordon', secondNode.name]);
  await patch({ media: { minPods: null, scaleInAfter: '1s', ...ONE_POD } });
  await waitFor('one media pod', async () => (await mediaPods()).length === 1, { timeoutMs: 60_000 });
  await patch({ media: { scaleInAfter: null } });
  await remove(world, number.name);
  await settled(world);
}, 120_000);

const patch = (spec: object): Promise<unknown> => changeGateway(world, spec);

async function mediaPods() {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'trunkline.dev/component=media,trunkline.dev/gateway=default' });
  return items.map((item) => placed.parse(item)).filter(({ metadata }) => !metadata.deletionTimestamp);
}

/** Users call until some go through a pod; the others hang up. */
function through(address: string | undefined): Promise<Call[]> {
  let seen: string[] = [];
  return waitFor('calls through the pod', async () => {
    const calls = await Promise.all(Array.from({ length: 4 }, () => place(world, number)));
    await Promise.all(calls.map((call) => hears(call, PBXS.opus, 1)));
    const there = calls.filter((call) => relayOf(call) === address);
    await Promise.all(calls.filter((call) => !there.includes(call)).map(hangUp));
    seen = calls.map(relayOf);
    return there.length > 0 && there;
  }, { last: () => `${address} is not among ${seen.join(', ')}` });
}

describe('a node that is emptied', () => {
  it('keeps its calls until they end, gets no new ones, and is empty then', async () => {
    const there = await waitFor('a media pod on the second node', async () => (await mediaPods()).find(({ spec, status }) => spec.nodeName === secondNode.name && status.podIP), { timeoutMs: 60_000 });
    const calls = await through(there.status.podIP);
    await waitFor('the pod to be marked', async () => (await kubectl(world, 'get', 'pdb', 'default-media', '-o', 'jsonpath={.status.expectedPods} {.status.disruptionsAllowed}')).endsWith(' 0'));
    let isEmpty = false;
    const emptied = world.cluster.kubectl(['drain', secondNode.name, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=150s', `--pod-selector=trunkline.dev/component=media`]).finally(() => {
      isEmpty = true;
    });
    const name = there.metadata.name;
    await waitFor('the pod to drain', async () => (await kubectl(world, 'get', 'pod', name, '-o', 'jsonpath={.metadata.annotations.trunkline\\.dev/draining-reason}')) === 'NodeCordoned', { timeoutMs: 60_000 });
    await waitFor('every proxy to know', async () => (await kubectl(world, 'get', 'sgw', 'default', '-o', 'jsonpath={.status.media}')).includes('as its node is to be emptied'));
    const others = await Promise.all(Array.from({ length: 4 }, () => place(world, number)));
    await Promise.all([...others, ...calls].map((call) => hears(call, PBXS.opus, 2)));
    expect(others.map(relayOf)).not.toContain(there.status.podIP);
    expect(isEmpty).toBe(false);
    expect((await mediaPods()).map(({ metadata }) => metadata.name)).toContain(name);
    await Promise.all(calls.map(hangUp));
    await emptied;
    expect((await mediaPods()).filter(({ spec }) => spec.nodeName === secondNode.name)).toEqual([]);
    await Promise.all(others.map((call) => hears(call, PBXS.opus, 1)));
    await Promise.all(others.map(hangUp));
  }, 240_000);

  it('has pods that tell autoscalers whether calls live in them', async () => {
    const marks = async (): Promise<string> => kubectl(world, 'get', 'pods', '-l', 'trunkline.dev/component=media', '-o', 'jsonpath={range .items[*]}{.metadata.labels.trunkline\\.dev/busy},{.metadata.annotations.cluster-autoscaler\\.kubernetes\\.io/safe-to-evict},{.metadata.annotations.karpenter\\.sh/do-not-disrupt} {end}');
    await waitFor('idle pods', async () => /^(,true, )+$/.test(await marks()), { timeoutMs: 60_000, last: marks });
    const call = await place(world, number);
    await waitFor('a pod that has a call', async () => (await marks()).includes('true,false,true '), { last: marks });
    await hears(call, PBXS.opus, 1);
    await hangUp(call);
  });
});
