// SPDX-License-Identifier: Apache-2.0
import type { MediaPod } from '../../scaling/pod.ts';

/** So long a pod must have had no call before it counts as idle: each change is a write. */
export const IDLE_AFTER_MS = 30_000;

/** Which media pods have had no call for some time. */
export class Idle {
  readonly #since = new Map<string, number>();

  /** Takes in how pods are at a time, in milliseconds; returns the names of those that are idle. */
  observe(pods: readonly MediaPod[], now: number): ReadonlySet<string> {
    const empty = pods.filter(({ load }) => load?.calls === 0).map(({ name }) => name);
    for (const name of this.#since.keys()) if (!empty.includes(name)) this.#since.delete(name);
    for (const name of empty) if (!this.#since.has(name)) this.#since.set(name, now);
    return new Set(empty.filter((name) => now - (this.#since.get(name) ?? now) >= IDLE_AFTER_MS));
  }
}
