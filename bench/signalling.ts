// SPDX-License-Identifier: Apache-2.0
// What a call costs a proxy as it ships, and how many it takes a second, beside a Kamailio that was written by hand for the same
// steps. Both have their turns, one after the other, against the same sipp and the same relay.
import { step } from '../test/cluster/steps.ts';
import { numberManifest, routeManifest } from '../test/e2e/manifests.ts';
import { known, kubectl, told } from '../test/e2e/numbers.ts';
import { changeGateway, podsOf } from '../test/e2e/pods.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { Sipp } from '../test/pbx/sipp.ts';
import { apply } from '../test/stage/install.ts';
import { APP, META_ADDRESS, STRANGER_ADDRESS } from '../test/stage/meta.ts';
import { waitFor } from '../test/stage/wait.ts';
import { buildBare } from './signalling/bare.ts';
import { median, meta, type Callee, type Load } from './signalling/legs.ts';
import { memory, processorTime, type Container } from './signalling/usage.ts';

const ROUNDS = 5;
const MODERATE: Load = { calls: 600, rate: 50, atOnce: 200 };
/** More than can be done: as one call is over the next begins. */
const FULL: Load = { calls: 2500, rate: 2000, atOnce: 60 };
const WARM_UP: Load = { calls: 100, rate: 50, atOnce: 50 };
/** How Meta may connect. */
const WAYS = [
  ['a connection for each call', {}],
  ['16 connections for all calls', { connections: 16 }],
] as const;
const PBX_PORT = 18_005;
const BARE = 'bare';

interface Subject {
  address: string;
  container: Container;
}

/** What was found of a subject, one value a round. */
interface Findings {
  millis: number[];
  callsPerSecond: number[];
  failedAtRate: number;
  failedWhenFull: number;
}

const world: World = await theWorld();
const number = known(world, 'measured');

async function theProxy(): Promise<Subject> {
  await changeGateway(world, { proxy: { replicas: 1 } });
  const destinations = [{ uri: `sip:desk@${STRANGER_ADDRESS}:${PBX_PORT}`, probe: 'None' }];
  await apply(world.cluster, [numberManifest(number), { ...routeManifest('measured', [], ''), spec: { numbers: [{ name: 'measured' }], destinations } }], NAMESPACE);
  await told(world, 'wan', 'measured', { type: 'Ready' });
  const [pod] = await waitFor('one proxy', async () => {
    const pods = await podsOf(world, 'proxy');
    return pods.length === 1 && pods;
  });
  return { address: pod?.status.podIP ?? '', container: { pod: pod?.metadata.name ?? '', container: 'kamailio' } };
}

async function theBare(callee: Callee): Promise<Subject> {
  const [relay] = await podsOf(world, 'media');
  const options = { namespace: NAMESPACE, name: BARE, image: world.images.kamailio, network: `${META_ADDRESS} 32`, relay: relay?.status.podIP ?? '', destination: `sip:desk@${STRANGER_ADDRESS}:${PBX_PORT}` };
  await apply(world.cluster, buildBare({ ...options, ...callee }));
  await kubectl(world, 'rollout', 'status', `deployment/${BARE}`, '--timeout=60s');
  const where = '{.items[0].metadata.name} {.items[0].status.podIP}';
  const [pod = '', address = ''] = (await kubectl(world, 'get', 'pods', '-l', `app=${BARE}`, '-o', `jsonpath=${where}`)).split(' ');
  return { address, container: { pod, container: 'kamailio' } };
}

async function measure({ address, container }: Subject, callee: Callee, way: object, findings: Findings): Promise<void> {
  const before = await processorTime(world, container);
  const steady = await meta(address, callee, { ...MODERATE, ...way });
  const spent = (await processorTime(world, container)) - before;
  findings.millis.push(spent / MODERATE.calls);
  findings.failedAtRate += MODERATE.calls - steady.succeeded;
  if (steady.complaints) console.log(steady.complaints);
  const full = await meta(address, callee, { ...FULL, ...way });
  findings.callsPerSecond.push(full.succeeded / full.seconds);
  findings.failedWhenFull += FULL.calls - full.succeeded;
}

const none = (): Findings => ({ millis: [], callsPerSecond: [], failedAtRate: 0, failedWhenFull: 0 });

function tell(way: string, ours: Findings, bare: Findings): void {
  const [own, other] = [median(ours.millis), median(bare.millis)];
  const [rate, otherRate] = [median(ours.callsPerSecond), median(bare.callsPerSecond)];
  console.log(`\n${way}, medians of ${ROUNDS} rounds       by hand   Trunkline   ratio`);
  console.log(`  processor time per call at ${MODERATE.rate}/s   ${other.toFixed(2)} ms   ${own.toFixed(2)} ms   ${(other / own).toFixed(2)}`);
  console.log(`  calls a second, machine full        ${otherRate.toFixed(0)}   ${rate.toFixed(0)}   ${(rate / otherRate).toFixed(2)}`);
  console.log(`  failed at ${MODERATE.rate}/s ${bare.failedAtRate} and ${ours.failedAtRate}, when full ${bare.failedWhenFull} and ${ours.failedWhenFull}`);
}

const proxy = await step('the proxy, one pod', theProxy);
const password = world.meta.sipPassword(number.phoneNumberID, APP) ?? '';
const callee: Callee = { hostname: 'sip.example.com', phoneNumber: number.phoneNumber, password };
const bare = await step('the Kamailio by hand', () => theBare(callee));
const pbx = await Sipp.start({ scenario: 'takes', transport: 'UDP', address: STRANGER_ADDRESS, port: PBX_PORT, seconds: 7200 });
const agent = { ...proxy.container, container: 'agent' };
let failed = 0;
for (const [name, way] of WAYS) {
  const [ours, other] = [none(), none()];
  for (const { address } of [bare, proxy]) failed += (await meta(address, callee, { ...WARM_UP, ...way })).failed;
  for (let round = 1; round <= ROUNDS; round += 1) {
    await step(`${name}: round ${round}, by hand`, () => measure(bare, callee, way, other));
    await step(`${name}: round ${round}, Trunkline`, () => measure(proxy, callee, way, ours));
  }
  tell(name, ours, other);
  failed += ours.failedAtRate + other.failedAtRate;
}
const [ours, other, beside] = [await memory(world, proxy.container), await memory(world, bare.container), await memory(world, agent)];
console.log(`\nmemory after all of it: by hand ${other.toFixed(0)} MiB, Trunkline ${ours.toFixed(0)} MiB, its agent ${beside.toFixed(0)} MiB`);
console.log('A machine that is full is shared with sipp and the relay, so the second ratio says less of the proxy than the first.');
await pbx.close();
process.exit(failed > 0 ? 1 : 0);
