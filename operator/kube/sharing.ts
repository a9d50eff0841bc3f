// SPDX-License-Identifier: Apache-2.0
import type { Decode } from './decode.ts';

/** Beyond this many different texts the pool starts anew, so that it holds no trace of objects long gone. */
const POOL_SIZE = 100_000;

/**
 * Keeps one copy of texts that many objects of a kind have in common, such as conditions' reasons and messages; of ten
 * thousand objects with twenty conditions each this saves most of the memory.
 */
export function sharing<T>(decode: Decode<T>): Decode<T> {
  let pool = new Map<string, string>();
  const share = (text: string): string => {
    const known = pool.get(text);
    if (known !== undefined) return known;
    if (pool.size >= POOL_SIZE) pool = new Map();
    pool.set(text, text);
    return text;
  };
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      // What was decoded is a copy of our own, and equal texts are told apart by nothing but the memory that they take.
      if (typeof item === 'string') Reflect.set(value, key, share(item));
      else walk(item);
    }
  };
  return (raw) => {
    const decoded = decode(raw);
    if (decoded.ok) walk(decoded.object);
    return decoded;
  };
}
