// SPDX-License-Identifier: Apache-2.0

interface Entry<T> {
  answer: Promise<T>;
  until: number;
}

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
    const entry = { answer, until: this.#now() + this.#ttlMs };
    this.#entries.set(key, entry);
    answer.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return answer;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
  }
}
