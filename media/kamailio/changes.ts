// SPDX-License-Identifier: Apache-2.0
// What makes the rows of one version into those of the next. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { NumberRows, Rows } from './rows.ts';

/** Tables of keys and values, in the order in which they are set: what names others comes after them. */
export const HASH_TABLES = ['routes', 'numbers', 'callers'] as const;
export type HashTable = (typeof HASH_TABLES)[number];

/** Tables that are read as a whole. */
export const LISTS = ['hosts', 'networks', 'relays', 'probes'] as const;
export type List = (typeof LISTS)[number];

export interface TableChange {
  set: [key: string, value: string][];
  remove: string[];
}

export interface Changes extends Record<HashTable, TableChange> {
  version: string;
  limit: string;
  inside: string;
  /** Those that are others. */
  lists: List[];
}

/** Rows of nothing. */
export const NOTHING: Rows = { version: '', limit: '', inside: '', hosts: [], numbers: new Map(), networks: [], relays: [], takers: '', probes: [] };

export function changesOf(before: Rows, after: Rows): Changes {
  const [numbers, callers] = [none(), none()];
  const come: NumberRows[] = [];
  const gone: NumberRows[] = [];
  const change = (digits: string, old: NumberRows | undefined, rows: NumberRows | undefined): void => {
    if (old === rows) return;
    if (old) gone.push(old);
    if (rows) come.push(rows);
    changeRow(numbers, digits, old?.number, rows?.number);
    changeRow(callers, digits, old?.caller, rows?.caller);
  };
  for (const [digits, rows] of after.numbers) change(digits, before.numbers.get(digits), rows);
  for (const [digits, old] of before.numbers) if (!after.numbers.has(digits)) change(digits, old, undefined);
  const routes = { set: [...routesOf(come, before)], remove: [...routesOf(gone, after).keys()] };
  return { version: after.version, limit: after.limit, inside: after.inside, routes, numbers, callers, lists: LISTS.filter((list) => !isDeepStrictEqual(before[list], after[list])) };
}

const none = (): TableChange => ({ set: [], remove: [] });

function changeRow(table: TableChange, key: string, old: string | undefined, value: string | undefined): void {
  if (value === undefined && old !== undefined) table.remove.push(key);
  else if (value !== undefined && value !== old) table.set.push([key, value]);
}

/** Routes that some numbers name, and none of others. */
function routesOf(some: readonly NumberRows[], others: Rows): Map<string, string> {
  const found = new Map(some.flatMap(({ routes }) => routes.map(({ hash, text }) => [hash, text])));
  if (found.size === 0) return found;
  for (const { routes } of others.numbers.values()) for (const { hash } of routes) found.delete(hash);
  return found;
}

/** Beyond these, all tables are read at once instead: that many commands take longer, and Kamailio takes none above 64 KiB. */
const MOST = { rows: 200, characters: 16_384 };

/** Whether changes are worth one command for each row. */
export function areFew(changes: Changes): boolean {
  const tables = HASH_TABLES.map((table) => changes[table]);
  const rows = tables.reduce((sum, { set, remove }) => sum + set.length + remove.length, 0);
  return rows <= MOST.rows && tables.every(({ set }) => set.every(([, value]) => value.length <= MOST.characters));
}
