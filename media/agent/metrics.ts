// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { CallCount } from './calls.ts';
import type { Engine } from './contract.ts';

/** Metrics by the first word of the engine's counters: `refused_digest` is refused{reason="digest"}. */
const METRICS = {
  offered: 'Calls that Meta offered, each attempt before and after the digest challenge.',
  answered: 'Calls that a destination answered.',
  refused: 'Calls that the proxy refused, by reason.',
  changed: 'Changes of a session (hold, resume, refresh, another address) that the inside made, and that were answered for Meta.',
  placed: 'Calls that the inside made to users, those that were refused at once among them.',
  taken: 'Calls of the inside that a user took.',
  declined: 'Calls of the inside that Meta or the user did not take, by reason.',
  failed_over: 'Calls that went on from one destination to another, each time that they did.',
  failed: 'Calls that their destination did not take, by reason.',
};

/** The engine's own counters, read whenever the metrics are. A restart of the engine is a counter's reset. */
export function callMetrics(registry: Registry, engine: Engine): void {
  for (const [word, help] of Object.entries(METRICS)) {
    const counter: Counter<'reason'> = new Counter({
      name: `trunkline_calls_${word}_total`,
      help,
      labelNames: ['reason'],
      registers: [registry],
      async collect() {
        // Without the engine there is nothing to tell.
        const counters = await engine.counters().catch(() => undefined);
        if (!counters) return;
        counter.reset();
        for (const [labels, value] of seriesOf(word, counters)) counter.inc(labels, value);
      },
    });
  }
}

/** The calls that the gateway's media relays have at the moment; no value while that cannot be told. */
export function liveCalls(registry: Registry, calls: Pick<CallCount, 'count'>): void {
  const gauge: Gauge = new Gauge({
    name: 'trunkline_calls_live',
    help: 'Calls that the gateway has now; each of its proxies tells all of them.',
    registers: [registry],
    async collect() {
      const live = await calls.count();
      gauge.remove();
      if (live) gauge.set(Object.values(live.numbers).reduce((sum, count) => sum + count, 0));
    },
  });
}

function seriesOf(word: string, counters: Readonly<Record<string, number>>): [{ reason?: string }, number][] {
  const total = counters[`calls_${word}`];
  if (total !== undefined) return [[{}, total]];
  const own = Object.entries(counters).filter(([name]) => name.startsWith(`${word}_`));
  return own.map(([name, value]) => [{ reason: name.slice(word.length + 1) }, value]);
}
