// SPDX-License-Identifier: Apache-2.0
// Keeps the engine told of how many calls there are of what has a limit, whatever proxy they came by.
import type { Logger } from 'pino';
import { limited, type Snapshot } from '../../operator/routing/snapshot.ts';
import type { CallCount, Calls } from './calls.ts';
import type { Engine } from './contract.ts';

/** So long what was counted last still holds where calls cannot be counted; then no limit does: rather too many calls than none. */
export const HOLDS_MS = 10_000;

export interface LimitsOptions {
  engine: Pick<Engine, 'tellLive'>;
  calls: Pick<CallCount, 'count'>;
  log: Logger;
  /** A clock in milliseconds. */
  now: () => number;
}

export class Limits {
  readonly #options: LimitsOptions;
  /** When calls could be counted last. */
  #countedAt = -Infinity;
  #told: ReadonlyMap<string, number> = new Map();
  #running = false;
  #problem: string | undefined;

  constructor(options: LimitsOptions) {
    this.#options = options;
  }

  /** Counts and tells; where either cannot be done the engine goes by what it was told last, and soon by nothing. */
  async refresh(snapshot: Snapshot | undefined): Promise<void> {
    const keys = snapshot ? limited(snapshot) : new Set<string>();
    if (this.#running || keys.size === 0) return;
    this.#running = true;
    try {
      await this.#tell(keys);
      this.#problem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#options.log.warn({ problem }, 'limits of calls cannot be kept up');
      this.#problem = problem;
    } finally {
      this.#running = false;
    }
  }

  async #tell(keys: ReadonlySet<string>): Promise<void> {
    const { engine, calls, now } = this.#options;
    const counted = await calls.count();
    if (counted) this.#countedAt = now();
    else if (now() - this.#countedAt < HOLDS_MS) return;
    const live = counted ? toTell(keys, counted, this.#told) : new Map<string, number>();
    await engine.tellLive(live);
    this.#told = live;
  }
}

/** Of what has a limit: all that has calls, and what had some the last time. Pure. */
export function toTell(keys: ReadonlySet<string>, { numbers, destinations }: NonNullable<Calls>, told: ReadonlyMap<string, number>): Map<string, number> {
  const live = Object.entries({ ...numbers, ...destinations }).filter(([key]) => keys.has(key));
  const ended = [...told].filter(([, count]) => count > 0).map(([key]): [string, number] => [key, 0]);
  return new Map([...ended, ...live]);
}
