// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.ts';

/** An abort signal with a time limit that can be pushed back and must be released. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** True when the time limit, not the caller, aborted the signal. */
  readonly expired: boolean;
  /** Starts the time limit anew. */
  extend(): void;
}

/**
 * Joins a caller's signal with a time limit.
 * Written by hand because `AbortSignal.any([caller, AbortSignal.timeout(ms)])` keeps every finished request in memory
 * until its time limit.
 * @param ms milliseconds of the limit, counted from now and again from every `extend()`
 */
export function deadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const expire = (): void => {
    expired = true;
    controller.abort();
  };
  const follow = (): void => controller.abort(parent?.reason);
  let cancel = clock.after(ms, expire);
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    extend() {
      cancel();
      cancel = clock.after(ms, expire);
    },
    [Symbol.dispose]() {
      cancel();
      parent?.removeEventListener('abort', follow);
    },
  };
}
