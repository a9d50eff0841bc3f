// SPDX-License-Identifier: Apache-2.0
// How long an edit of a route takes until every proxy serves it, with many numbers and three routes for each, and what
// memory that takes. TRUNKLINE_NUMBERS sets how many numbers.
import { DAYS } from '../operator/api/hours.ts';
import { POD } from '../operator/controllers/shared/kinds.ts';
import type { Manifest } from '../operator/kube/client.ts';
import { step } from '../test/cluster/steps.ts';
import { gatewayManifest, secretManifest } from '../test/e2e/manifests.ts';
import { kubectl } from '../test/e2e/numbers.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { addMany, APPS, createAll, manyLines, tokenOf, type AppLine } from '../test/load/many.ts';
import { wantedNumbers } from '../test/load/wanted.ts';
import { apply } from '../test/stage/install.ts';
import { conditionOf, kinds, waitForCondition } from '../test/stage/kube.ts';
import { META_ADDRESS } from '../test/stage/meta.ts';
import { waitFor } from '../test/stage/wait.ts';

const COUNT = wantedNumbers(10_000);
const PROXIES = 2;
const EDITS = 100;
/** The longest that the operator may be busy with what was made. */
const QUIET_MS = 900_000;
const LOOK_MS = 5;

const numbers = manyLines(COUNT);

const toManifest = ({ account, app, name, phoneNumber, phoneNumberID }: AppLine): Manifest => ({
  apiVersion: 'trunkline.dev/v1alpha1',
  kind: 'WhatsAppNumber',
  metadata: { name },
  spec: { phoneNumber, phoneNumberID, businessAccountID: account, accessTokenRef: { name: `app-${app}`, key: 'token' } },
});

/** Of a number: callers from one range at certain hours, another range, and all others. */
const routesOf = ({ name, phoneNumber }: AppLine): Manifest[] => {
  const weekly = DAYS.slice(0, 5).map((day) => ({ day, open: '08:00', close: '18:30' }));
  const matches = [{ callers: [`+44${phoneNumber.slice(-7)}*`], hours: { timeZone: 'Europe/London', weekly } }, { callers: [`+49${phoneNumber.slice(-7)}*`] }, undefined];
  return matches.map((match, i) => ({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipRoute',
    metadata: { name: `${name}-${i}` },
    spec: { numbers: [{ name }], ...(match ? { match } : {}), destinations: [{ uri: `sip:${name}@pbx-${i}.voice.example.com:5060;transport=tcp` }] },
  }));
};

async function fill(world: World): Promise<void> {
  addMany(world, numbers);
  const secrets = Array.from({ length: APPS }, (_, app) => secretManifest(`app-${app}`, { token: tokenOf(app) }));
  await apply(world.cluster, [...secrets, gatewayManifest('default', { access: { sourceNetworks: [`${META_ADDRESS}/32`] }, proxy: { replicas: PROXIES } })], NAMESPACE);
  await step(`${3 * COUNT} routes`, () => createAll(world, kinds.srt, numbers.flatMap(routesOf)));
  await step(`${COUNT} numbers`, () => createAll(world, kinds.wan, numbers.map(toManifest)));
  await step('every number served by every proxy', async () => {
    const served = async (): Promise<boolean> => {
      const { items } = await world.client.list(kinds.wan, { namespace: NAMESPACE });
      return items.filter((item) => conditionOf(item, 'Programmed')?.status === 'True').length >= COUNT;
    };
    await waitFor('every number to be served', served, { timeoutMs: 300_000 + COUNT * 300, everyMs: 5000 });
  });
  await step('every route told so', async () => {
    const told = async (): Promise<boolean> => {
      const { items } = await world.client.list(kinds.srt, { namespace: NAMESPACE });
      return items.filter((item) => conditionOf(item, 'Programmed')?.status === 'True').length >= 3 * COUNT;
    };
    await waitFor('every route to be told', told, { timeoutMs: QUIET_MS, everyMs: 5000 });
  });
  await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Ready', timeoutMs: 300_000 });
}

/** Edits one route and waits until it says that every proxy serves what it says now; in milliseconds. */
async function edit(world: World, turn: number, timeoutMs = 60_000): Promise<number> {
  const name = `many-${(turn * 7919) % COUNT}-${turn % 3}`;
  const destinations = [{ uri: `sip:edit-${turn}@pbx.voice.example.com:5060;transport=tcp` }];
  const started = performance.now();
  await world.client.mergePatch(kinds.srt, { namespace: NAMESPACE, name }, { spec: { destinations } });
  await waitFor(
    `edit ${turn} to be live`,
    async () => {
      const object = await world.client.get(kinds.srt, { namespace: NAMESPACE, name });
      const programmed = conditionOf(object, 'Programmed');
      return programmed?.status === 'True' && programmed.observedGeneration === object.metadata.generation;
    },
    { everyMs: LOOK_MS, timeoutMs },
  );
  return performance.now() - started;
}

/** What some pods' containers take, in MiB, the most that any of them does. */
async function memory(world: World, component: string, container: string): Promise<number> {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: component });
  const read = ['sh', '-c', 'cat /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory/memory.usage_in_bytes 2>/dev/null || true'];
  const sizes = await Promise.all(items.map(({ metadata: { name } }) => kubectl(world, 'exec', name, '-c', container, '--', ...read)));
  return Math.round(Math.max(...sizes.map(Number)) / 2 ** 20);
}

const world = await theWorld();
await fill(world);
// What all the new objects have left to do comes before it.
await step('the cluster at rest', () => edit(world, 0, QUIET_MS));
const times: number[] = [];
await step(`${EDITS} edits, one after the other`, async () => {
  for (let turn = 1; turn <= EDITS; turn += 1) times.push(await edit(world, turn));
});
times.sort((a, b) => a - b);
const quantile = (share: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0);
console.log(`${COUNT} numbers, ${3 * COUNT} routes, ${PROXIES} proxies: edit to live on all of them p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`);
const [operator, agent, kamailio] = [
  await memory(world, 'app.kubernetes.io/component=operator', 'operator'),
  await memory(world, 'trunkline.dev/component=proxy', 'agent'),
  await memory(world, 'trunkline.dev/component=proxy', 'kamailio'),
];
console.log(`memory, the most of any: operator ${operator} MiB, agent ${agent} MiB, Kamailio ${kamailio} MiB`);
process.exit(0);
