// SPDX-License-Identifier: Apache-2.0
// Keeps the engine told of how many calls there are of what has a limit, whatever proxy they came by.
import type { Logger } from 'pino';
import { limited, type Snapshot } from '../../operator/routing/snapshot.ts';
import type { CallCount, Calls } from './calls.ts';
import type { Engine } from './contract.ts';

export class Limits {
  readonly #engine: Pick<Engine, 'tellLive'>;
  readonly #calls: Pick<CallCount, 'count'>;
  readonly #log: Logger;
  #told: ReadonlyMap<string, number> = new Map();
  #running = false;
  #problem: string | undefined;

  constructor(engine: Pick<Engine, 'tellLive'>, calls: Pick<CallCount, 'count'>, log: Logger) {
    this.#engine = engine;
    this.#calls = calls;
    this.#log = log;
  }

  /** Counts and tells; where either cannot be done the engine goes by what it was told last, and soon by nothing. */
  async refresh(snapshot: Snapshot | undefined): Promise<void> {
    const keys = snapshot ? limited(snapshot) : new Set<string>();
    if (this.#running || keys.size === 0) return;
    this.#running = true;
    try {
      const calls = await this.#calls.count();
      if (!calls) return;
      const live = toTell(keys, calls, this.#told);
      await this.#engine.tellLive(live);
      this.#told = live;
      this.#problem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#log.warn({ problem }, 'limits of calls cannot be kept up');
      this.#problem = problem;
    } finally {
      this.#running = false;
    }
  }
}

/** Of what has a limit: all that has calls, and what had some the last time. Pure. */
export function toTell(keys: ReadonlySet<string>, { numbers, destinations }: NonNullable<Calls>, told: ReadonlyMap<string, number>): Map<string, number> {
  const live = Object.entries({ ...numbers, ...destinations }).filter(([key]) => keys.has(key));
  const ended = [...told].filter(([, count]) => count > 0).map(([key]): [string, number] => [key, 0]);
  return new Map([...ended, ...live]);
}
