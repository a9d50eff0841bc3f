// SPDX-License-Identifier: Apache-2.0

/** What a limit allows: in any hour at most `burst` + 3600 × `perSecond` requests. */
export interface Allowance {
  burst: number;
  perSecond: number;
}

/**
 * A token bucket with a queue: what is taken beyond its level has a place in line, and what others give back moves
 * everybody behind them forward. Times in milliseconds of a clock that never goes back.
 */
export class Bucket {
  #allowance: Allowance;
  /** All that was ever taken, and all that was ever there to be taken. */
  #taken = 0;
  #issued: number;
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
    const missing = Math.max(0, place - this.#issued);
    return Math.max((missing / this.#allowance.perSecond) * 1000, this.#closedUntil - now, 0);
  }

  /** Gives back what was taken and not used. */
  giveBack(count: number, now: number): void {
    this.#refill(now);
    this.#issue(count);
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
    this.#issued = Math.min(this.#issued + count, this.#taken + this.#allowance.burst);
  }
}
