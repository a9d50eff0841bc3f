// SPDX-License-Identifier: Apache-2.0
// Whether calls that are up go on through all that may happen to the rest: TRUNKLINE_CALLS of them, with audio both ways, while
// proxies are rolled out, the operator is restarted and routes are edited a thousand times.
import { setTimeout as sleep } from 'node:timers/promises';
import { DEPLOYMENT, POD } from '../operator/controllers/shared/kinds.ts';
import { step } from '../test/cluster/steps.ts';
import { numberManifest, routeManifest } from '../test/e2e/manifests.ts';
import { known, kubectl, told } from '../test/e2e/numbers.ts';
import { changeGateway, podsOf } from '../test/e2e/pods.ts';
import { place } from '../test/e2e/talk.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { wantedCalls } from '../test/load/wanted.ts';
import type { Counters } from '../test/meta/media/measure.ts';
import type { Call } from '../test/meta/sip/call.ts';
import { Switchboard } from '../test/pbx/switchboard.ts';
import { apply } from '../test/stage/install.ts';
import { kinds } from '../test/stage/kube.ts';
import { STRANGER_ADDRESS } from '../test/stage/meta.ts';
import { waitFor } from '../test/stage/wait.ts';

const CALLS = wantedCalls(100);
const PROXIES = 2;
const SECONDS = 300;
const WINDOW_S = 10;
const EDITS = 1000;
const AT_A_TIME = 10;
const TONE = 1300;
/** Of what is due in a window so much must have come, or the call is as good as lost. */
const ALIVE = 0.5;

/** A call with both its ends' ears, and the worst window that either had. */
interface Watched {
  call: Call;
  user: Counters;
  desk: number;
  worst: number;
}

const world: World = await theWorld();
const crowd = known(world, 'crowd');
const board = await Switchboard.open({ address: STRANGER_ADDRESS, tone: TONE, codecs: ['opus'] });

const deskReceived = (call: Call): number => board.lines.get(call.callId)?.reception.counters().received ?? 0;
const watch = (call: Call): Watched => ({ call, user: call.mark(), desk: deskReceived(call), worst: 1 });

/** What came at both ends since the last look, as a share of what was due; then looks from here on. */
function look(watched: Watched): void {
  const { call, user, desk } = watched;
  const now = call.mark();
  const due = (now.atMs - user.atMs) / 20;
  watched.worst = Math.min(watched.worst, (now.received - user.received) / due, (deskReceived(call) - desk) / due);
  watched.user = now;
  watched.desk = deskReceived(call);
}

async function open(): Promise<Watched[]> {
  await changeGateway(world, { proxy: { replicas: PROXIES } });
  await waitFor(`${PROXIES} proxies`, async () => (await podsOf(world, 'proxy')).length === PROXIES);
  await apply(world.cluster, [numberManifest(crowd), routeManifest('crowd', ['crowd'], board.uri), routeManifest('storm', ['support'], 'sip:a@pbx.example.com')], NAMESPACE);
  await told(world, 'sgw', 'default', { type: 'Ready' });
  await told(world, 'wan', 'crowd', { type: 'Ready' });
  const calls: Call[] = [];
  while (calls.length < CALLS) {
    const batch = Math.min(AT_A_TIME, CALLS - calls.length);
    // A user hangs up by whatever connection Meta has then, since that of the set-up may be gone.
    calls.push(...(await Promise.all(Array.from({ length: batch }, () => place(world, crowd, { reconnectInDialog: true })))));
  }
  await waitFor('audio at both ends of all', () => calls.every((call) => call.media().received > 50 && deskReceived(call) > 50));
  return calls.map(watch);
}

async function rollOut(): Promise<void> {
  const before = new Set((await podsOf(world, 'proxy')).map(({ metadata }) => metadata.uid));
  await kubectl(world, 'rollout', 'restart', 'deployment/default-proxy');
  await waitFor('all proxies to be others', async () => (await podsOf(world, 'proxy')).filter(({ metadata }) => !before.has(metadata.uid)).length >= PROXIES, { timeoutMs: 240_000 });
  await kubectl(world, 'rollout', 'status', 'deployment/default-proxy', '--timeout=240s');
}

async function restartOperator(): Promise<void> {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'app.kubernetes.io/component=operator' });
  for (const { metadata } of items) await world.client.delete(POD, { namespace: NAMESPACE, name: metadata.name });
  await waitFor('another operator', async () => {
    const deployment = await world.client.get(DEPLOYMENT, { namespace: NAMESPACE, name: 'trunkline-operator' });
    return JSON.stringify(deployment['status']).includes('"availableReplicas":2');
  }, { timeoutMs: 120_000 });
}

async function storm(): Promise<void> {
  for (let turn = 0; turn < EDITS; turn += 1) {
    const destinations = [{ uri: `sip:edit-${turn}@pbx.example.com` }];
    await world.client.mergePatch(kinds.srt, { namespace: NAMESPACE, name: 'storm' }, { spec: { destinations, priority: 1 + (turn % 2) } });
  }
}

const watched = await step(`${CALLS} calls up, through ${PROXIES} proxies`, open);
const until = performance.now() + SECONDS * 1000;
const unrest = [step('proxies rolled out', rollOut), step('operator restarted', restartOperator), step(`${EDITS} edits`, storm)];
await step(`${SECONDS} s of talk`, async () => {
  while (performance.now() < until) {
    await sleep(WINDOW_S * 1000);
    watched.forEach(look);
  }
});
await Promise.all(unrest);
const toneless = watched.filter(({ call, user }) => (call.media(user).toneShares(TONE).at(-1) ?? 1) < 0.9);
const endings = await step('all hang up', () => Promise.all(watched.map(({ call }) => call.hangup())));
// A call that has ended has no figure at all.
const lost = watched.filter(({ worst }) => !(worst >= ALIVE));
const unheard = endings.filter((ending) => ending.by !== 'user' || ending.byeStatus !== 200);
const broken = watched.filter(({ call }) => call.journal.findings.length > 0 || call.journal.inDialogRequests.length > 0);
const worst = Math.min(...watched.map((each) => (Number.isNaN(each.worst) ? 0 : each.worst)));
console.log(`${CALLS} calls of ${SECONDS} s: ${lost.length} lost, the worst ${WINDOW_S} s of any had ${(100 * worst).toFixed(1)} % of its packets`);
console.log(`tone wrong at the end of ${toneless.length}; hang-up not answered of ${unheard.length}; Meta's rules broken in ${broken.length}; PBX still in ${board.lines.size}`);
process.exit(lost.length + toneless.length + unheard.length + broken.length + board.lines.size > 0 ? 1 : 0);
