// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import type { CallCount } from './calls.ts';
import type { Counted, Engine, TimedSetup } from './contract.ts';

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
  canceled: 'Calls that were given up before anybody took them.',
};

/** The engine's own counters, read whenever the metrics are. A restart of the engine is a counter's reset. */
export function callMetrics(registry: Registry, engine: Pick<Engine, 'counters'>): void {
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

const OUTCOME = ['direction', 'number', 'route', 'destination', 'result', 'reason'] as const;

/** What became of calls, by whose they were. A restart of the engine is a counter's reset. */
export function outcomeMetrics(registry: Registry, engine: Pick<Engine, 'outcomes'>): void {
  const counter: Counter<(typeof OUTCOME)[number]> = new Counter({
    name: 'trunkline_call_outcomes_total',
    help: 'What became of calls, by number, route and destination.',
    labelNames: [...OUTCOME],
    registers: [registry],
    async collect() {
      const outcomes = await engine.outcomes().catch((): Counted[] => []);
      counter.reset();
      for (const { count, ...labels } of outcomes) counter.inc(labels, count);
    },
  });
}

/** Upper bounds in seconds. */
const BUCKETS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];

/** How long set-ups took. The engine counts them by steps, and what it has counted since the last look is observed here. */
export function setupMetrics(registry: Registry, engine: Pick<Engine, 'setups'>): void {
  let known = new Map<string, number>();
  const histogram: Histogram<'direction' | 'destination'> = new Histogram({
    name: 'trunkline_call_setup_seconds',
    help: 'From the INVITE of a call until the other side rang or answered, as a step that is at most a quarter away.',
    labelNames: ['direction', 'destination'],
    buckets: BUCKETS,
    registers: [registry],
    async collect() {
      const setups = await engine.setups().catch((): undefined => undefined);
      if (!setups) return;
      const found = new Map(setups.map((setup) => [keyOf(setup), setup.count]));
      // An engine that has restarted counts from zero again.
      if ([...known].some(([key, count]) => (found.get(key) ?? 0) < count)) {
        known = new Map();
        histogram.reset();
      }
      for (const setup of setups) observe(setup, known.get(keyOf(setup)) ?? 0);
      known = found;
    },
  });
  function observe({ direction, destination, seconds, count }: TimedSetup, before: number): void {
    for (let more = count - before; more > 0; more -= 1) histogram.observe({ direction, destination }, seconds);
  }
}

const keyOf = ({ direction, destination, seconds }: TimedSetup): string => `${direction} ${destination} ${seconds}`;

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

/** Counts calls that were lost with their media relay; each of a gateway's proxies counts all of them. */
export function lostCalls(registry: Registry): (calls: number) => void {
  const counter: Counter = new Counter({ name: 'trunkline_calls_lost_total', help: 'Calls that were up when their media relay failed, and were ended; each of the gateway’s proxies tells all of them.', registers: [registry] });
  return (calls) => counter.inc(calls);
}

function seriesOf(word: string, counters: Readonly<Record<string, number>>): [{ reason?: string }, number][] {
  const total = counters[`calls_${word}`];
  if (total !== undefined) return [[{}, total]];
  const own = Object.entries(counters).filter(([name]) => name.startsWith(`${word}_`));
  return own.map(([name, value]) => [{ reason: name.slice(word.length + 1) }, value]);
}
