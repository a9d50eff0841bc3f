// SPDX-License-Identifier: Apache-2.0
// How many events the last so-and-so long has seen: a sliding window.

/** Moments in milliseconds, which must not go backwards. Adding and counting cost the same however many there are. */
export class SlidingWindow {
  readonly #lengthMs: number;
  #times: number[] = [];
  #first = 0;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  add(now: number): void {
    this.#times.push(now);
  }

  count(now: number): number {
    while ((this.#times[this.#first] ?? Infinity) <= now - this.#lengthMs) this.#first++;
    if (this.#first > 1000 && this.#first * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
    return this.#times.length - this.#first;
  }

  /** Milliseconds until fewer than `limit` are left when none is added; 0 when that is so already. */
  waitFor(limit: number, now: number): number {
    const tooMany = this.count(now) - limit;
    if (tooMany < 0) return 0;
    return (this.#times[this.#first + tooMany] ?? now) + this.#lengthMs - now;
  }
}
