// SPDX-License-Identifier: Apache-2.0
// What happens to a gateway while people talk.
import { DEPLOYMENT, POD } from '../operator/controllers/shared/kinds.ts';
import { pod } from '../operator/controllers/shared/observed.ts';
import { kubectl } from '../test/e2e/numbers.ts';
import { killOperators, podsOf } from '../test/e2e/pods.ts';
import { NAMESPACE, type World } from '../test/e2e/world.ts';
import { waitFor } from '../test/stage/wait.ts';

export async function rollOutProxies(world: World, count: number): Promise<void> {
  const before = new Set((await podsOf(world, 'proxy')).map(({ metadata }) => metadata.uid));
  await kubectl(world, 'rollout', 'restart', 'deployment/default-proxy');
  await waitFor('all proxies to be others', async () => (await podsOf(world, 'proxy')).filter(({ metadata }) => !before.has(metadata.uid)).length >= count, { timeoutMs: 240_000 });
  await kubectl(world, 'rollout', 'status', 'deployment/default-proxy', '--timeout=240s');
}

/** Deletes its pods, as an upgrade would. */
export async function stopOperator(world: World): Promise<void> {
  const { items } = await world.client.list(POD, { namespace: NAMESPACE, labelSelector: 'app.kubernetes.io/component=operator' });
  for (const { metadata } of items.map((item) => pod.parse(item))) await world.client.delete(POD, { namespace: NAMESPACE, name: metadata.name });
}

/** Kills all operators at once, as a machine would that fails. */
export async function killOperator(world: World): Promise<void> {
  await killOperators(world);
  await operatorIsBack(world);
}

export async function operatorIsBack(world: World): Promise<void> {
  await waitFor('two operators', async () => {
    const deployment = await world.client.get(DEPLOYMENT, { namespace: NAMESPACE, name: 'trunkline-operator' });
    return JSON.stringify(deployment['status']).includes('"availableReplicas":2');
  }, { timeoutMs: 120_000 });
}
