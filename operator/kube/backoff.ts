// SPDX-License-Identifier: Apache-2.0
import type { Random } from './clock.ts';

/** Limits of an exponential back-off, in milliseconds. */
export interface BackoffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after the given number of failures in a row (1 = the first).
 * Half of the wait is random, so that many clients cut off together do not come back together.
 */
export function backoff(failures: number, limits: BackoffLimits, random: Random): number {
  const full = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(Math.max(0, failures - 1), 40));
  return full / 2 + (full / 2) * random();
}
