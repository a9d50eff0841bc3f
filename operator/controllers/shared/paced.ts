// SPDX-License-Identifier: Apache-2.0

/** After it was made a value rests for so many times what making it took. */
const REST = 6;

/**
 * A value that is made anew where it is stale, and for no more than a share of the time: what takes long to make is, while
 * changes go on, served a little older, and all changes meanwhile come with the next one.
 */
export class Paced<T> {
  readonly #make: () => T;
  readonly #now: () => number;
  #value: T | undefined;
  #isStale = true;
  #restsUntil = 0;

  /** `now` is a clock in milliseconds. */
  constructor(make: () => T, now: () => number) {
    this.#make = make;
    this.#now = now;
  }

  get value(): T {
    if (this.#value !== undefined && (!this.#isStale || this.#now() < this.#restsUntil)) return this.#value;
    const started = this.#now();
    const value = this.#make();
    const ended = this.#now();
    this.#restsUntil = ended + REST * (ended - started);
    this.#value = value;
    this.#isStale = false;
    return value;
  }

  /** Milliseconds until a newer value may be made, at least one; undefined where the value is not stale. */
  get waitMs(): number | undefined {
    return this.#isStale ? Math.max(1, this.#restsUntil - this.#now()) : undefined;
  }

  stale(): void {
    this.#isStale = true;
  }
}
