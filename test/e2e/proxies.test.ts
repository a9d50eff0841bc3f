// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sipGateway } from '../../operator/api/sipgateway.ts';
import { kinds, waitForCondition } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';
import { podsOf } from './pods.ts';
import { expectClean, hangUp, hears, place } from './talk.ts';
import { NAMESPACE, PBXS, SALES, SUPPORT, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
  await scale(2);
}, 120_000);
afterAll(() => scale(1));

async function scale(replicas: number): Promise<void> {
  await world.client.mergePatch(kinds.sgw, { namespace: NAMESPACE, name: 'default' }, { spec: { proxy: { replicas } } });
  await waitFor(`${replicas} proxies`, async () => (await podsOf(world, 'proxy')).length === replicas);
  await waitForCondition(world.client, { kind: kinds.sgw, namespace: NAMESPACE, name: 'default', type: 'Ready', timeoutMs: 90_000 });
}

describe('two proxies', () => {
  it('both serve the configuration, and the status shows each', async () => {
    const { status } = sipGateway.parse(await world.client.get(kinds.sgw, { namespace: NAMESPACE, name: 'default' }));
    expect(status?.proxies?.map(({ version }) => version)).toEqual([status?.configuration?.version, status?.configuration?.version]);
  });

  it('both take calls at the same time, never mixing them up', async () => {
    const numbers = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? SALES : SUPPORT));
    const calls = await Promise.all(numbers.map((number, i) => place(world, number, { from: `+155580000${10 + i}` })));
    await Promise.all(calls.map((call, i) => hears(call, numbers[i] === SALES ? PBXS.alpha : PBXS.beta, 2)));
    await Promise.all(calls.map(hangUp));
  });

  it('either passes on what belongs to a call of the other, on connections of their own', async () => {
    const calls = await Promise.all(Array.from({ length: 6 }, () => place(world, SALES, { reconnectInDialog: true })));
    await Promise.all(calls.map((call) => hears(call, PBXS.alpha, 1)));
    await Promise.all(calls.map(hangUp));
    calls.forEach(expectClean);
  });
});
