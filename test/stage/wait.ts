// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  timeoutMs?: number;
  everyMs?: number;
  /** What to say of the last state when time is up. */
  last?: () => unknown;
}

/** Asks again and again until there is an answer, which it returns. Throws when time is up. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 60_000, everyMs = 100, last }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      const seen = last ? `; last seen: ${String(await last())}` : '';
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}${seen}`);
    }
    await sleep(everyMs);
  }
}
