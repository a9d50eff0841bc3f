// SPDX-License-Identifier: Apache-2.0
// What lua/count_steps.lua counts, read back. Pure.
import type { Counted, Direction, TimedSetup } from '../agent/contract.ts';

/** What the names of modules.cfg that begin with `calls_` stand for. */
const RESULTS: Readonly<Record<string, Counted['result']>> = {
  calls_answered: 'answered',
  calls_taken: 'answered',
  calls_failed_over: 'failed_over',
  calls_canceled: 'canceled',
};

const KINDS = ['refused', 'failed', 'declined'] as const;

/** A row of the table "outcomes": direction, number, route, destination and what became of the call, with "-" for none. */
export function toOutcome([key, count]: [string, number]): Counted {
  const [direction, number = '', route, destination, what = ''] = key.split(' ');
  const kind = KINDS.find((each) => what.startsWith(`${each}_`));
  const named = kind ? { result: kind, reason: what.slice(kind.length + 1) } : { result: RESULTS[what] ?? 'failed', reason: '' };
  return { direction: toDirection(direction), number, route: orNone(route), destination: orNone(destination), ...named, count };
}

/** A row of the table "setups": direction, destination and about how many milliseconds it took. */
export function toSetup([key, count]: [string, number]): TimedSetup {
  const [direction, destination, ms] = key.split(' ');
  return { direction: toDirection(direction), destination: orNone(destination), seconds: Number(ms) / 1000, count };
}

const toDirection = (word: string | undefined): Direction => (word === 'out' ? 'outbound' : 'inbound');

const orNone = (word: string | undefined): string => (word === undefined || word === '-' ? '' : word);
