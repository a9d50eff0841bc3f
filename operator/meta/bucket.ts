// SPDX-License-Identifier: Apache-2.0

/** What a limit allows: in any hour at most `burst` + 3600 × `perSecond` requests. */
export interface Allowance {
  burst: number;
  perSecond: number;
}

/** Given up by somebody who still waited: whoever stands behind skips it. */
interface Gap {
  from: number;
  count: number;
}

/**
 * A token bucket with a queue: what is taken beyond its level has a place in line, and what others give back moves
 * everybody behind them forward, and nobody in front. Times in milliseconds of a clock that never goes back.
 */
export class Bucket {
  #allowance: Allowance;
  /** All that was ever taken, and all that was ever there to be taken. */
  #taken = 0;
  #issued: number;
  #gaps: Gap[] = [];
  #at: number;
  #closedUntil = 0;

  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance;
    this.#issued = allowance.burst;
    this.#at = now;
  }

  /** Takes `count` and returns a place in line for {@link waitFor}. */
  take(count: number, now: number): number {
    this.#refill(now);
    this.#taken += count;
    return this.#taken;
  }

  /** Milliseconds until a place in line is reached. */
  waitFor(place: number, now: number): number {
    this.#refill(now);
    const skipped = this.#gaps.filter(({ from }) => from < place).reduce((sum, { count }) => sum + count, 0);
    const missing = Math.max(0, place - skipped - this.#issued);
    return Math.max((missing / this.#allowance.perSecond) * 1000, this.#closedUntil - now, 0);
  }

  /** Gives back the last `count` of a place, taken and not used. */
  giveBack(count: number, place: number, now: number): void {
    this.#refill(now);
    this.#gaps.push({ from: place - count, count });
    this.#issue(0);
  }

  /** Another allowance from now on; what was spent stays spent. */
  resize(allowance: Allowance, now: number): void {
    this.#refill(now);
    const more = allowance.burst - this.#allowance.burst;
    this.#allowance = allowance;
    this.#issue(more);
  }

  /** Keeps everything in for a while: the other side says that its limit is reached. */
  close(ms: number, now: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, now + ms);
  }

  #refill(now: number): void {
    this.#issue((Math.max(0, now - this.#at) / 1000) * this.#allowance.perSecond);
    this.#at = now;
  }

  #issue(count: number): void {
    const limit = this.#taken + this.#allowance.burst;
    this.#issued = Math.min(this.#issued + count, limit);
    for (let gap = this.#reached(); gap; gap = this.#reached()) {
      this.#gaps = this.#gaps.filter((other) => other !== gap);
      this.#issued = Math.min(this.#issued + gap.count, limit);
    }
  }

  #reached(): Gap | undefined {
    return this.#gaps.find(({ from }) => from <= this.#issued);
  }
}
