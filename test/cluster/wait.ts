// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls `check` until it holds; a check that throws does not hold yet.
 * Throws after `seconds` with `what` and the last error, so `what` reads as in "waited 30 s for ...".
 */
export async function until(what: string, seconds: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      if (await check()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s for ${what}, in vain`, { cause: last });
    await sleep(50);
  }
}
