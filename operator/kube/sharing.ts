// SPDX-License-Identifier: Apache-2.0
import type { Decode } from './decode.ts';

/** Beyond this many different values a pool starts anew, so that it holds no trace of objects long gone. */
const POOL_SIZE = 100_000;

/** Keeps one copy of values that many objects have in common. What was shared must not be changed any more. */
export class Pool<T> {
  #known = new Map<string, T>();

  /** The first value that came under a key. */
  share(key: string, value: T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= POOL_SIZE) this.#known = new Map();
    this.#known.set(key, value);
    return value;
  }
}

/**
 * Keeps one copy of texts that many objects of a kind have in common, such as conditions' reasons and messages; of ten
 * thousand objects with twenty conditions each this saves most of the memory.
 */
export function sharing<T>(decode: Decode<T>): Decode<T> {
  const pool = new Pool<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      // What was decoded is a copy of our own, and equal texts are told apart by nothing but the memory that they take.
      if (typeof item === 'string') Reflect.set(value, key, pool.share(item, item));
      else walk(item);
    }
  };
  return (raw) => {
    const decoded = decode(raw);
    if (decoded.ok) walk(decoded.object);
    return decoded;
  };
}
