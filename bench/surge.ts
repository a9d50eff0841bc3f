// SPDX-License-Identifier: Apache-2.0
// Whether media pods are there before the calls: TRUNKLINE_CALLS of them within half a minute, on pods that take 50 each, and back to
// none. Tells of each pod when it was wanted and what its coming took.
import { setTimeout as sleep } from 'node:timers/promises';
import { relayReport } from '../media/agent/status.ts';
import { POD } from '../operator/controllers/shared/kinds.ts';
import { isReady, pod } from '../operator/controllers/shared/observed.ts';
import { step } from '../test/cluster/steps.ts';
import { numberManifest, routeManifest } from '../test/e2e/manifests.ts';
import { known, kubectl, told } from '../test/e2e/numbers.ts';
import { changeGateway, mediaStatus, podsOf } from '../test/e2e/pods.ts';
import { metricsOf } from '../test/e2e/office.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { wantedCalls } from '../test/load/wanted.ts';
import { Sipp } from '../test/pbx/sipp.ts';
import { apply } from '../test/stage/install.ts';
import { APP, STRANGER_ADDRESS } from '../test/stage/meta.ts';
import { waitFor } from '../test/stage/wait.ts';
import { meta } from './signalling/legs.ts';

const CALLS = wantedCalls(300);
const RAMP_S = 30;
/** rtpengine gives up a call that is silent for a minute, and these are. */
const TALK_S = 50;
/** What they ask for is so little that all find room on the one node. */
const MEDIA = { minPods: 2, maxPods: 12, callsPerPod: 50, freeCapacity: '20%', scaleInAfter: '15s', resources: { requests: { cpu: '20m', memory: '64Mi' } } };
const PBX_PORT = 18_005;
const LOOK_MS = 200;

/** When, in milliseconds from the first call on, and at how many calls, something was seen of a pod. */
interface Seen {
  calls: number;
  created: number;
  ready?: number;
  taken?: number;
}

const world: World = await theWorld();
const number = known(world, 'surge');

async function open(): Promise<void> {
  await changeGateway(world, { media: MEDIA });
  const destinations = [{ uri: `sip:desk@${STRANGER_ADDRESS}:${PBX_PORT}`, probe: 'None', media: { codecs: ['Opus'], transcoding: 'Never' } }];
  await apply(world.cluster, [numberManifest(number), { ...routeManifest('surge', [], ''), spec: { numbers: [{ name: 'surge' }], destinations } }], NAMESPACE);
  await told(world, 'wan', 'surge', { type: 'Ready' });
  await waitFor('room on as many pods as there are at least', async () => (await mediaStatus(world)).capacity === MEDIA.minPods * MEDIA.callsPerPod, { timeoutMs: 60_000 });
}

/** Notes what becomes of the pods until `over`. */
async function watch(pods: Map<string, Seen>, started: number, over: () => boolean): Promise<void> {
  while (!over()) {
    const at = performance.now() - started;
    const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'trunkline.dev/component=media,trunkline.dev/gateway=default' });
    const relays = relayReport.parse(JSON.parse(await world.client.getText(`/api/v1/namespaces/${NAMESPACE}/pods/${proxy?.metadata.name}:8080/proxy/relays`)));
    const calls = Object.values(relays).reduce((sum, { load }) => sum + (load?.calls ?? 0), 0);
    for (const each of items.map((item) => pod.parse(item))) {
      const { name } = each.metadata;
      const seen: Seen = pods.get(name) ?? { calls, created: at };
      pods.set(name, seen);
      if (isReady(each)) seen.ready ??= at;
      if (relays[name]?.takesCalls) seen.taken ??= at;
    }
    await sleep(LOOK_MS);
  }
}

await step('a gateway that scales', open);
const pbx = await Sipp.start({ scenario: 'takes', transport: 'UDP', address: STRANGER_ADDRESS, port: PBX_PORT, seconds: 7200 });
const [proxy] = await podsOf(world, 'proxy');
const callee = { hostname: 'sip.example.com', phoneNumber: number.phoneNumber, password: world.meta.sipPassword(number.phoneNumberID, APP) ?? '' };
const pods = new Map<string, Seen>();
let isOver = false;
const started = performance.now();
const watching = watch(pods, started, () => isOver);
const tally = await step(`${CALLS} calls within ${RAMP_S} s, each of ${TALK_S} s`, () =>
  meta(proxy?.status.podIP ?? '', callee, { calls: CALLS, rate: CALLS / RAMP_S, atOnce: CALLS, connections: 16, talkMs: TALK_S * 1000 }));
await step('back to where it was', () => waitFor(`${MEDIA.minPods} pods`, async () => (await mediaStatus(world)).summary === `${MEDIA.minPods} ready`, { timeoutMs: 240_000 }));
isOver = true;
await watching;
await pbx.close();
const said = await kubectl(world, 'get', 'events', '--field-selector=involvedObject.kind=SipGateway', '-o', 'jsonpath={.items[*].reason}');
const cut = said.split(' ').filter((reason) => reason === 'MediaCallsCut').length;
const refused = (await metricsOf(world)).reduce((sum, text) => sum + Number(/^trunkline_calls_refused_total\{reason="capacity"\} (\d+)/m.exec(text)?.[1] ?? 0), 0);
console.log(`\n${CALLS} calls: ${tally.succeeded} went well, ${tally.failed} failed, ${refused} refused for want of room; calls cut off: ${cut}`);
if (tally.complaints) console.log(tally.complaints);
const seconds = (ms: number | undefined): string => (ms === undefined ? '   -  ' : `${(ms / 1000).toFixed(1).padStart(5)} s`);
console.log('pod                     calls then   made at    ready after   takes calls after');
for (const [name, { calls, created, ready, taken }] of pods) {
  if (created > 500) console.log(`${name}  ${String(calls).padStart(8)}   ${seconds(created)}      ${seconds(ready && ready - created)}         ${seconds(taken && taken - created)}`);
}
process.exit(tally.failed + refused + cut > 0 ? 1 : 0);
