// SPDX-License-Identifier: Apache-2.0

/** What follows from a value, worked out once for as long as that value lives. */
export function once<K extends object, T extends object | string>(work: (value: K) => T): (value: K) => T {
  const known = new WeakMap<K, T>();
  return (value) => {
    const made = known.get(value) ?? work(value);
    known.set(value, made);
    return made;
  };
}
