// SPDX-License-Identifier: Apache-2.0
// Keeps the engine told of how many calls there are of what has a limit, and how much the relays have to do, whatever proxy they came by.
import type { Logger } from 'pino';
import { ALL_NUMBERS, limited, type Snapshot } from '../../operator/routing/snapshot.ts';
import type { CallCount, Calls } from './calls.ts';
import type { Engine } from './contract.ts';

/** So long what was counted last still holds where calls cannot be counted; then no limit does: rather too many calls than none. */
export const HOLDS_MS = 10_000;

export interface LimitsOptions {
  engine: Pick<Engine, 'tellLive' | 'beginTurn' | 'tellLoads'>;
  calls: Pick<CallCount, 'count' | 'loads'>;
  log: Logger;
  /** A clock in milliseconds. */
  now: () => number;
}

export class Limits {
  readonly #options: LimitsOptions;
  /** When calls could be counted last. */
  #countedAt = -Infinity;
  #told: ReadonlyMap<string, number> = new Map();
  #turn = 0;
  #running = false;
  #problem: string | undefined;

  constructor(options: LimitsOptions) {
    this.#options = options;
  }

  /** Counts and tells; where either cannot be done the engine goes by what it was told last, and soon by nothing. */
  async refresh(snapshot: Snapshot | undefined): Promise<void> {
    if (this.#running || !snapshot) return;
    this.#running = true;
    try {
      await this.#tell(snapshot);
      this.#problem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#options.log.warn({ problem }, 'limits of calls cannot be kept up');
      this.#problem = problem;
    } finally {
      this.#running = false;
    }
  }

  async #tell(snapshot: Snapshot): Promise<void> {
    const { engine, calls } = this.#options;
    this.#turn += 1;
    await engine.beginTurn(this.#turn);
    const counted = await calls.count();
    await this.#tellLive(limited(snapshot), counted);
    await engine.tellLoads(loadsOf(snapshot, calls.loads), this.#turn);
  }

  async #tellLive(keys: ReadonlySet<string>, counted: Calls): Promise<void> {
    const { engine, now } = this.#options;
    if (keys.size === 0) return;
    if (counted) this.#countedAt = now();
    else if (now() - this.#countedAt < HOLDS_MS) return;
    const live = counted ? toTell(keys, counted, this.#told) : new Map<string, number>();
    await engine.tellLive(live, this.#turn);
    this.#told = live;
  }
}

/** Units of the relays that tell, by their ids. Pure. */
export const loadsOf = ({ media }: Snapshot, loads: CallCount['loads']): Map<string, number> =>
  new Map(media.flatMap(({ id, control }) => {
    const load = loads.get(control);
    return load ? [[id, load.units] as const] : [];
  }));

/** Of what has a limit: all that has calls, and what had some the last time. Pure. */
export function toTell(keys: ReadonlySet<string>, { numbers, destinations }: NonNullable<Calls>, told: ReadonlyMap<string, number>): Map<string, number> {
  const all = Object.values(numbers).reduce((sum, count) => sum + count, 0);
  const live = Object.entries({ ...numbers, ...destinations, [ALL_NUMBERS]: all }).filter(([key]) => keys.has(key));
  const ended = [...told].filter(([, count]) => count > 0).map(([key]): [string, number] => [key, 0]);
  return new Map([...ended, ...live]);
}
