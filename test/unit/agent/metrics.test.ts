// SPDX-License-Identifier: Apache-2.0
import { Registry } from '@prometheus-io/client';
import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../media/agent/calls.ts';
import type { Engine } from '../../../media/agent/contract.ts';
import { callMetrics, liveCalls } from '../../../media/agent/metrics.ts';

const nothing = async (): Promise<void> => {};

function engineWith(counters: () => Promise<Record<string, number>>): Engine {
  return {
    observe: async () => ({ version: '', relays: [], certificateSerial: undefined, refusals: {}, probes: new Map() }),
    prepareStart: () => {},
    writeTables: () => {},
    writeCertificate: () => {},
    reloadTables: nothing,
    reloadRelays: nothing,
    reloadProbes: nothing,
    reloadCertificate: nothing,
    counters,
    bye: nothing,
    tellLive: nothing,
  };
}

describe('the proxy’s metrics', () => {
  it('show the engine’s counters of the moment they are read, each refusal by its reason', async () => {
    const registry = new Registry();
    const counters = { calls_offered: 4, calls_answered: 1, refused_digest: 2, refused_no_route: 0, failed_unreachable: 1 };
    callMetrics(registry, engineWith(async () => counters));
    const text = await registry.metrics();
    expect(text).toContain('trunkline_calls_offered_total 4');
    expect(text).toContain('trunkline_calls_answered_total 1');
    expect(text).toContain('trunkline_calls_refused_total{reason="digest"} 2');
    expect(text).toContain('trunkline_calls_refused_total{reason="no_route"} 0');
    expect(text).toContain('trunkline_calls_failed_total{reason="unreachable"} 1');
    counters.refused_digest = 1;
    expect(await registry.metrics()).toContain('trunkline_calls_refused_total{reason="digest"} 1');
  });

  it('do not fail while the engine is away', async () => {
    const registry = new Registry();
    callMetrics(registry, engineWith(() => Promise.reject(new Error('connection refused'))));
    expect(await registry.metrics()).toContain('# HELP trunkline_calls_offered_total');
  });

  it('tell how many calls there are, and nothing while that is not known', async () => {
    const registry = new Registry();
    let live: Calls = { numbers: { 15550001111: 2, 15550002222: 1 }, destinations: {} };
    liveCalls(registry, { count: async () => live });
    expect(await registry.metrics()).toContain('trunkline_calls_live 3');
    live = null;
    expect(await registry.metrics()).not.toMatch(/^trunkline_calls_live/m);
    live = { numbers: {}, destinations: {} };
    expect(await registry.metrics()).toContain('trunkline_calls_live 0');
  });
});
