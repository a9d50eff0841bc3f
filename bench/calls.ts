// SPDX-License-Identifier: Apache-2.0
// Whether calls that are up go on through all that may happen to the rest: TRUNKLINE_CALLS of them, with audio both ways, while
// proxies are rolled out, the operator is restarted and routes are edited a thousand times.
import { step } from '../test/cluster/steps.ts';
import { routeManifest } from '../test/e2e/manifests.ts';
import { told } from '../test/e2e/numbers.ts';
import { changeGateway, podsOf } from '../test/e2e/pods.ts';
import { NAMESPACE, theWorld, type World } from '../test/e2e/world.ts';
import { wantedCalls } from '../test/load/wanted.ts';
import { apply } from '../test/stage/install.ts';
import { kinds } from '../test/stage/kube.ts';
import { waitFor } from '../test/stage/wait.ts';
import { Held } from './held.ts';
import { operatorIsBack, rollOutProxies, stopOperator } from './unrest.ts';

const CALLS = wantedCalls(100);
const PROXIES = 2;
const SECONDS = 300;
const EDITS = 1000;

const world: World = await theWorld();

async function open(): Promise<Held> {
  await changeGateway(world, { proxy: { replicas: PROXIES } });
  await waitFor(`${PROXIES} proxies`, async () => (await podsOf(world, 'proxy')).length === PROXIES);
  await apply(world.cluster, [routeManifest('storm', ['support'], 'sip:a@pbx.example.com')], NAMESPACE);
  await told(world, 'sgw', 'default', { type: 'Ready' });
  return Held.place(world, { name: 'crowd', count: CALLS, codec: 'opus' });
}

async function restartOperator(): Promise<void> {
  await stopOperator(world);
  await operatorIsBack(world);
}

async function storm(): Promise<void> {
  for (let turn = 0; turn < EDITS; turn += 1) {
    const destinations = [{ uri: `sip:edit-${turn}@pbx.example.com` }];
    await world.client.mergePatch(kinds.srt, { namespace: NAMESPACE, name: 'storm' }, { spec: { destinations, priority: 1 + (turn % 2) } });
  }
}

const held = await step(`${CALLS} calls up, through ${PROXIES} proxies`, open);
const unrest = [step('proxies rolled out', () => rollOutProxies(world, PROXIES)), step('operator restarted', restartOperator), step(`${EDITS} edits`, storm)];
await step(`${SECONDS} s of talk`, () => held.listen(SECONDS));
await Promise.all(unrest);
process.exit((await held.end()) > 0 ? 1 : 0);
