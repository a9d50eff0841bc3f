// SPDX-License-Identifier: Apache-2.0
import { Counter, type Registry } from '@prometheus-io/client';
import type { Engine } from './contract.ts';

/** The engine's own counters, read whenever the metrics are: `refused_digest` becomes refused{reason="digest"}. */
export function callMetrics(registry: Registry, engine: Engine): void {
  const make = (name: string, help: string) =>
    new Counter({ name: `trunkline_calls_${name}_total`, help, labelNames: ['reason'], registers: [registry] });
  const refused = make('refused', 'Calls that the proxy refused, by reason.');
  const failed = make('failed', 'Calls that their destination did not take, by reason.');
  const answered = make('answered', 'Calls that a destination answered.');
  const offered = new Counter({
    name: 'trunkline_calls_offered_total',
    help: 'Calls that Meta offered, each attempt before and after the digest challenge.',
    registers: [registry],
    async collect() {
      const counters = await engine.counters().catch(() => undefined);
      // Without the engine there is nothing to tell; its restart is a counter's reset.
      if (!counters) return;
      set(offered, {}, counters['calls_offered']);
      set(answered, {}, counters['calls_answered']);
      for (const [name, value] of Object.entries(counters)) {
        const [kind, ...reason] = name.split('_');
        if (kind === 'refused') set(refused, { reason: reason.join('_') }, value);
        if (kind === 'failed') set(failed, { reason: reason.join('_') }, value);
      }
    },
  });
}

function set(counter: Counter<string>, labels: Record<string, string>, value = 0): void {
  counter.remove(labels);
  counter.inc(labels, value);
}
