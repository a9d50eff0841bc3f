// SPDX-License-Identifier: Apache-2.0

/** Names the values under which an object is found, such as its owner or a label; none leaves it out. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by key, and by the values of index functions. */
export class Store<T> {
  readonly #objects = new Map<string, T>();
  readonly #functions: ReadonlyMap<string, IndexFunction<T>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#functions = new Map(Object.entries(indexes));
    for (const name of this.#functions.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** All objects in the order of their keys. */
  list(): T[] {
    return this.#inOrder(this.#objects.keys());
  }

  /** The objects that an index function put under a value, in the order of their keys. Throws on an unknown index. */
  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (!values) {
      throw new Error(`there is no index "${index}"; known are: ${[...this.#indexes.keys()].join(', ') || 'none'}`);
    }
    return this.#inOrder(values.get(value) ?? []);
  }

  /** Stores an object in place of the one under its key. */
  set(key: string, object: T): void {
    this.delete(key);
    this.#objects.set(key, object);
    for (const [values, value] of this.#places(object)) {
      const keys = values.get(value);
      if (keys) keys.add(key);
      else values.set(value, new Set([key]));
    }
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    for (const [values, value] of this.#places(object)) {
      const keys = values.get(value);
      keys?.delete(key);
      if (keys?.size === 0) values.delete(value);
    }
  }

  *#places(object: T): Generator<[Map<string, Set<string>>, string]> {
    for (const [name, values] of this.#indexes) {
      for (const value of this.#functions.get(name)?.(object) ?? []) yield [values, value];
    }
  }

  #inOrder(keys: Iterable<string>): T[] {
    return [...keys].sort().flatMap((key) => this.#objects.get(key) ?? []);
  }
}
