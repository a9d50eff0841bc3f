// SPDX-License-Identifier: Apache-2.0
// Whether calls that are up go on while media pods are taken out of use, replaced, and their node is emptied, and while proxies
// are replaced: TRUNKLINE_CALLS of them, with audio both ways. In the middle of each all operators are killed.
import { POD } from '../operator/controllers/shared/kinds.ts';
import { pod } from '../operator/controllers/shared/observed.ts';
import { firstNode, secondNode } from '../test/cluster/addresses.ts';
import { step } from '../test/cluster/steps.ts';
import { kubectl, told } from '../test/e2e/numbers.ts';
import { changeGateway, mediaStatus, podsOf } from '../test/e2e/pods.ts';
import { relayOf } from '../test/e2e/talk.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { wantedCalls } from '../test/load/wanted.ts';
import { waitFor } from '../test/stage/wait.ts';
import { Held } from './held.ts';
import { killOperator, rollOutProxies } from './unrest.ts';

const CALLS = wantedCalls(100);
const PROXIES = 2;
/** So long is listened after each. */
const AFTER_S = 20;

type MediaStatus = Awaited<ReturnType<typeof mediaStatus>>;

const world: World = await theWorld();
await world.cluster.made?.joinSecondNode([world.images.rtpengine]);
await world.cluster.kubectl(['uncordon', secondNode.name]);

const media = (): Promise<MediaStatus> => mediaStatus(world);

const stateOf = (state: string) => ({ pods }: MediaStatus): number => pods.filter((each) => each.state === state).length;

const until = (what: string, holds: (status: MediaStatus) => boolean): Promise<unknown> =>
  waitFor(what, async () => holds(await media()), { timeoutMs: 120_000, last: async () => JSON.stringify(await media()) });

async function open(): Promise<Held> {
  // The load balancer of the test's cloud reaches the first node only.
  const proxy = { replicas: PROXIES, nodeSelector: { 'kubernetes.io/hostname': firstNode.name } };
  await changeGateway(world, { proxy, media: { minPods: 3, maxPods: 4, callsPerPod: CALLS, freeCapacity: 0, scaleInAfter: '3s' } });
  await until('three media pods', (status) => stateOf('Ready')(status) === 3);
  await waitFor(`${PROXIES} proxies`, async () => (await podsOf(world, 'proxy')).length === PROXIES);
  await told(world, 'sgw', 'default', { type: 'Ready', timeoutMs: 120_000 });
  const held = await Held.place(world, { name: 'crowd', count: CALLS, codec: 'opus' });
  const relays = Map.groupBy(held.calls, relayOf);
  console.log(`calls by media pod: ${[...relays.values()].map(({ length }) => length).join(', ')}`);
  return held;
}

/** Does something, kills the operators in the middle of it, and waits until it has come to where it waits for the calls. */
async function during(what: string, held: Held, begin: () => Promise<unknown>, waits: () => Promise<unknown>): Promise<void> {
  await step(what, async () => {
    const done = (async () => {
      const begun = begin();
      await killOperator(world);
      await begun;
      await waits();
    })();
    await held.listenTo(done);
    await held.listen(AFTER_S);
  });
  const { summary, calls } = await media();
  console.log(`  media pods: ${summary}; calls: ${calls}; without tone: ${held.toneless()}`);
}

async function podsOnSecondNode(): Promise<string[]> {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'trunkline.dev/component=media' });
  return items.map((item) => pod.parse(item)).filter(({ spec }) => spec.nodeName === secondNode.name).map(({ metadata }) => metadata.name);
}

/** Ends as not done as long as there are calls. */
const drainNode = (): Promise<string> =>
  world.cluster.kubectl(['drain', secondNode.name, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=20s']).then(() => 'done', () => 'waits');

const held = await step(`${CALLS} calls up, through ${PROXIES} proxies and 3 media pods on 2 nodes`, open);
await during('fewer media pods, operators killed', held, () => changeGateway(world, { media: { minPods: 1 } }), () => until('two pods to drain', (status) => stateOf('Draining')(status) === 2));
await during('other media pods, operators killed', held, () => changeGateway(world, { media: { resources: { requests: { cpu: '50m' } } } }), () =>
  until('three pods to drain, and another to take calls', (status) => stateOf('Draining')(status) === 3 && stateOf('Ready')(status) === 1));
await during('other proxies, operators killed', held, () => rollOutProxies(world, PROXIES), () => told(world, 'sgw', 'default', { type: 'Ready', timeoutMs: 120_000 }));
let outcome = '';
await during('kubectl drain of the second node, operators killed', held, async () => {
  outcome = await drainNode();
}, () => told(world, 'sgw', 'default', { type: 'Ready', timeoutMs: 120_000 }));
const there = await podsOnSecondNode();
console.log(`  kubectl drain ${outcome}, with ${there.length} media pods on the node`);
const wrong = await held.end();
await step('pods that waited to go', () => until('one media pod', ({ summary }) => summary === '1 ready'));
const said = await kubectl(world, 'get', 'events', '--field-selector=involvedObject.kind=SipGateway', '-o', 'jsonpath={.items[*].reason}');
const cut = said.split(' ').filter((reason) => reason === 'MediaCallsCut').length;
console.log(`calls cut off: ${cut}; pods of the second node after that: ${(await podsOnSecondNode()).length}`);
await world.cluster.kubectl(['cordon', secondNode.name]);
process.exit(wrong + cut > 0 || outcome !== 'waits' ? 1 : 0);
