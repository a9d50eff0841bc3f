// SPDX-License-Identifier: Apache-2.0
// One timer for every stream of the process. What is due is told by the clock, so nothing drifts: a late tick sends
// what it missed.
import { frameMs } from './codecs.ts';

export interface Paced {
  /** Sends what is due by `nowMs`. */
  tick(nowMs: number): void;
}

export class Pacer {
  readonly #streams = new Set<Paced>();
  #timer: NodeJS.Timeout | undefined;

  add(stream: Paced): void {
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => {
      const nowMs = performance.now();
      for (const paced of this.#streams) paced.tick(nowMs);
    }, frameMs / 2);
  }

  remove(stream: Paced): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
