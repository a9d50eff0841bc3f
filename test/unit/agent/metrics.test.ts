// SPDX-License-Identifier: Apache-2.0
import { Registry } from '@prometheus-io/client';
import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../media/agent/calls.ts';
import type { Engine } from '../../../media/agent/contract.ts';
import { callMetrics, liveCalls, outcomeMetrics, setupMetrics } from '../../../media/agent/metrics.ts';
import { toOutcome, toSetup } from '../../../media/kamailio/counts.ts';

const engineWith = (counters: () => Promise<Record<string, number>>): Pick<Engine, 'counters'> => ({ counters });

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

  it('tell what became of calls by number, route and destination', async () => {
    const registry = new Registry();
    const rows: Record<string, number> = {
      'in 15550001111 voice/sales sip:pbx;transport=tcp calls_answered': 3,
      'in 15550001111 voice/sales sip:pbx;transport=tcp failed_unanswered': 1,
      'in 15550001111 - - refused_no_route': 2,
      'out 442079460101 voice/out - declined_permission': 4,
      'out 442079460101 voice/out - calls_taken': 5,
    };
    outcomeMetrics(registry, { outcomes: async () => Object.entries(rows).map(toOutcome) });
    const lines = (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && line !== '');
    const line = (labels: string, count: number): string => `trunkline_call_outcomes_total{${labels}} ${count}`;
    expect(lines).toEqual([
      line('direction="inbound",number="15550001111",route="voice/sales",destination="sip:pbx;transport=tcp",result="answered",reason=""', 3),
      line('direction="inbound",number="15550001111",route="voice/sales",destination="sip:pbx;transport=tcp",result="failed",reason="unanswered"', 1),
      line('direction="inbound",number="15550001111",route="",destination="",result="refused",reason="no_route"', 2),
      line('direction="outbound",number="442079460101",route="voice/out",destination="",result="declined",reason="permission"', 4),
      line('direction="outbound",number="442079460101",route="voice/out",destination="",result="answered",reason=""', 5),
    ]);
  });

  it('tell how long set-ups took, each once, and from zero after the engine has restarted', async () => {
    const registry = new Registry();
    let rows: Record<string, number> = { 'in sip:pbx 300': 2, 'in sip:pbx 1500': 1, 'out - 7000': 1 };
    let isAway = false;
    setupMetrics(registry, { setups: async () => (isAway ? Promise.reject(new Error('gone')) : Object.entries(rows).map(toSetup)) });
    const counts = async (labels: string) => {
      const text = await registry.metrics();
      return ['0.2', '0.5', '2', '+Inf'].map((le) => Number(new RegExp(`trunkline_call_setup_seconds_bucket\\{le="${le.replace('+', '\\+')}",${labels}\\} (\\d+)`).exec(text)?.[1]));
    };
    const inbound = 'direction="inbound",destination="sip:pbx"';
    expect(await counts(inbound)).toEqual([0, 2, 3, 3]);
    expect(await counts('direction="outbound",destination=""')).toEqual([0, 0, 0, 1]);
    rows['in sip:pbx 300'] = 5;
    expect(await counts(inbound)).toEqual([0, 5, 6, 6]);
    isAway = true;
    expect(await counts(inbound)).toEqual([0, 5, 6, 6]);
    isAway = false;
    rows = { 'in sip:pbx 100': 1 };
    expect(await counts(inbound)).toEqual([1, 1, 1, 1]);
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
