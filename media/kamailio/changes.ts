// SPDX-License-Identifier: Apache-2.0
// What makes the rows of one version into those of the next. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { Rows } from './rows.ts';

/** Tables of keys and values, in the order in which they are set: what names others comes after them. */
export const HASH_TABLES = ['routes', 'numbers', 'callers'] as const;
export type HashTable = (typeof HASH_TABLES)[number];

/** Tables that are read as a whole. */
export const LISTS = ['networks', 'relays', 'probes'] as const;
export type List = (typeof LISTS)[number];

export interface TableChange {
  set: [key: string, value: string][];
  remove: string[];
}

export interface Changes extends Record<HashTable, TableChange> {
  version: string;
  /** Those that are others. */
  lists: List[];
}

export const changesOf = (before: Rows, after: Rows): Changes => ({
  version: after.version,
  routes: changeOf(before.routes, after.routes),
  numbers: changeOf(before.numbers, after.numbers),
  callers: changeOf(before.callers, after.callers),
  lists: LISTS.filter((list) => !isDeepStrictEqual(before[list], after[list])),
});

/** Of tens of thousands of rows few differ, so nothing is made of those that do not. */
function changeOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): TableChange {
  const change: TableChange = { set: [], remove: [] };
  for (const [key, value] of after) if (before.get(key) !== value) change.set.push([key, value]);
  for (const key of before.keys()) if (!after.has(key)) change.remove.push(key);
  return change;
}

/** Beyond these, all tables are read at once instead: that many commands take longer, and Kamailio takes none above 64 KiB. */
const MOST = { rows: 200, characters: 16_384 };

/** Whether changes are worth one command for each row. */
export function areFew(changes: Changes): boolean {
  const tables = HASH_TABLES.map((table) => changes[table]);
  const rows = tables.reduce((sum, { set, remove }) => sum + set.length + remove.length, 0);
  return rows <= MOST.rows && tables.every(({ set }) => set.every(([, value]) => value.length <= MOST.characters));
}
