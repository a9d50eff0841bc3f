// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.ts';

export interface AllowanceLimits {
  /** How many at once. */
  readonly burst: number;
  /** Milliseconds until one more is allowed. */
  readonly refillMs: number;
}

/** When there are this many buckets, the full ones are dropped before another is made. */
const SWEEP = 1_000;

/** A token bucket for each key. */
export class Allowance {
  readonly #clock: Clock;
  readonly #limits: AllowanceLimits;
  /** For each key, the time (by the clock's `now`) at which its bucket will be full again. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock, limits: AllowanceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Takes some of a key's tokens; false where there are not so many. */
  take(key: string, tokens = 1): boolean {
    const { burst, refillMs } = this.#limits;
    const now = this.#clock.now();
    const fullAt = Math.max(now, this.#fullAt.get(key) ?? now);
    if (fullAt - now > (burst - tokens) * refillMs) return false;
    if (this.#fullAt.size >= SWEEP) this.#sweep(now);
    this.#fullAt.set(key, fullAt + tokens * refillMs);
    return true;
  }

  #sweep(now: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
  }
}
