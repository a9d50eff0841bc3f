// SPDX-License-Identifier: Apache-2.0
import type { Report } from './gather.ts';

/** For how long a call may be on its way to a pod that a proxy has just ceased to give calls to. */
export const ON_ITS_WAY_MS = 5000;

/** Which pods the proxies gave calls to lately. What is not known counts as given. */
export class Offers {
  readonly #last = new Map<string, number>();
  #since: number | undefined;

  /** Takes in what all proxies say at a time, in milliseconds. */
  observe(pods: readonly string[], reports: readonly Report[], now: number): void {
    this.#since ??= now;
    for (const name of this.#last.keys()) if (!pods.includes(name)) this.#last.delete(name);
    // A proxy that has not heard of a pod yet gives it none; one that does not answer might.
    for (const name of pods) if (reports.some((each) => each === undefined || (each[name] && each[name].takesCalls !== false))) this.#last.set(name, now);
  }

  /** Whether a call may be on its way to a pod. */
  has(pod: string, now: number): boolean {
    const last = Math.max(this.#last.get(pod) ?? -Infinity, this.#since ?? now);
    return now - last < ON_ITS_WAY_MS;
  }
}
