// SPDX-License-Identifier: Apache-2.0
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KubeClient } from '../../../operator/kube/client.ts';
import { Elector, type ElectorOptions } from '../../../operator/kube/elector.ts';
import { LEASE } from '../../../operator/kube/resource.ts';
import { Bench, NS, part } from './bench.ts';

const bench = new Bench();
const PATIENCE = { timeout: 30_000, interval: 20 };

interface Candidate {
  readonly stop: AbortController;
  readonly leads: () => boolean;
  readonly outcome: Promise<'lost' | 'stopped'>;
}

function stand(
  client: KubeClient,
  name: string,
  identity: string,
  times: Pick<ElectorOptions, 'leaseMs' | 'renewMs'> = {},
): Candidate {
  const stop = new AbortController();
  let term: AbortSignal | undefined;
  const elector = new Elector({
    client,
    namespace: NS,
    name,
    identity,
    leaseMs: 3_000,
    renewMs: 2_000,
    retryMs: 400,
    ...times,
  });
  const outcome = elector.run(stop.signal, async (given) => {
    term = given;
    await new Promise<void>((resolve) => given.addEventListener('abort', () => resolve(), { once: true }));
  });
  onTestFinished(async () => {
    stop.abort();
    await outcome;
  });
  return { stop, outcome, leads: () => term?.aborted === false };
}

describe('leadership on a real API server', () => {
  test('passes on at once when the leader stops', async () => {
    const { client } = bench;
    const a = stand(client, 'stopped', 'a');
    await vi.waitUntil(a.leads, PATIENCE);
    const b = stand(client, 'stopped', 'b');
    a.stop.abort();
    expect(await a.outcome).toBe('stopped');
    await vi.waitUntil(b.leads, PATIENCE);
    const spec = part(await client.get(LEASE, { namespace: NS, name: 'stopped' }), 'spec');
    expect(spec).toMatchObject({ holderIdentity: 'b', leaseDurationSeconds: 3, leaseTransitions: 1 });
    expect(Date.parse(String(spec['renewTime']))).toBeGreaterThan(Date.now() - 10_000);
  }, 60_000);

  test('is lost by a leader that is cut off before another has it', async () => {
    const gated = await bench.gated('gated');
    const a = stand(gated.client, 'cut', 'a');
    await vi.waitUntil(a.leads, PATIENCE);
    const b = stand(bench.client, 'cut', 'b');
    let both = false;
    const watchdog = setInterval(() => (both ||= a.leads() && b.leads()), 5);
    onTestFinished(() => clearInterval(watchdog));
    gated.gate.cut();
    await vi.waitUntil(b.leads, PATIENCE);
    expect(await a.outcome).toBe('lost');
    expect(both).toBe(false);
    gated.gate.mend();
    await gated.client.close();
  }, 60_000);

  test('is kept through a restart of the API server that is shorter than the Lease', async () => {
    const { client, server } = bench;
    const a = stand(client, 'restart', 'a', { leaseMs: 60_000, renewMs: 50_000 });
    await vi.waitUntil(a.leads, PATIENCE);
    const renewed = async (): Promise<unknown> =>
      part(await client.get(LEASE, { namespace: NS, name: 'restart' }), 'spec')['renewTime'];
    await server.kill();
    await server.restart();
    const before = await renewed();
    await vi.waitFor(async () => expect(await renewed()).not.toBe(before), PATIENCE);
    expect(a.leads()).toBe(true);
  }, 60_000);
});
