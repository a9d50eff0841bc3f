// SPDX-License-Identifier: Apache-2.0

interface Entry<T> {
  answer: Promise<T>;
  since: number;
  until: number;
}

/** What was asked for a moment ago is as good as what would be asked for now: many may want it anew at once. */
const MOMENT_MS = 5000;

/** Answers that many ask for, fetched once and kept for a while; a failure is forgotten at once. */
export class Memo<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #ttlMs: number;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(ttlMs: number, now: () => number) {
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  has(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#now();
  }

  /** The kept answer, or a fresh one. Rejects with what `fetch` rejects with. */
  get(key: string, fetch: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known && known.until > this.#now()) return known.answer;
    this.#sweep();
    const answer = fetch();
    const entry = { answer, since: this.#now(), until: this.#now() + this.#ttlMs };
    this.#entries.set(key, entry);
    answer.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return answer;
  }

  /** The next one asks anew, unless that was done a moment ago. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry && this.#now() - entry.since > MOMENT_MS) this.#entries.delete(key);
  }

  /** As {@link forget}, of everything. */
  forgetAll(): void {
    for (const key of this.#entries.keys()) this.forget(key);
  }

  /** The answer is known to have changed. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
  }
}
