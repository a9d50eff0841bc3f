// SPDX-License-Identifier: Apache-2.0
// Cursor paging as Graph does it.
import { invalidParameter } from './errors.ts';
import type { GraphRequest } from './request.ts';

const defaultLimit = 25;

export interface Page<T> {
  readonly data: readonly T[];
  readonly paging?: {
    readonly cursors: { readonly before: string; readonly after: string };
    readonly next?: string;
    readonly previous?: string;
  };
}

/** The page that `limit`, `after` and `before` of the query ask for. Throws GraphError 100 for what cannot be. */
export function paginate<T>(items: readonly T[], idOf: (item: T) => string, request: GraphRequest): Page<T> {
  const { query } = request;
  const limit = Number(query.get('limit') ?? defaultLimit);
  if (!Number.isInteger(limit) || limit < 1) throw invalidParameter('Param limit must be a positive integer');
  const at = (name: string): number | undefined => {
    const cursor = query.get(name);
    return cursor === null ? undefined : positionOf(items, idOf, cursor);
  };
  const before = at('before');
  const start = before === undefined ? (at('after') ?? -1) + 1 : Math.max(0, before - limit);
  const data = items.slice(start, before ?? start + limit);
  const [first, last] = [data[0], data.at(-1)];
  if (first === undefined || last === undefined) return { data };
  const cursors = { before: toCursor(idOf(first)), after: toCursor(idOf(last)) };
  return {
    data,
    paging: {
      cursors,
      ...(start + data.length < items.length ? { next: link(request, 'after', cursors.after) } : {}),
      ...(start > 0 ? { previous: link(request, 'before', cursors.before) } : {}),
    },
  };
}

const toCursor = (id: string): string => Buffer.from(id).toString('base64url');

function positionOf<T>(items: readonly T[], idOf: (item: T) => string, cursor: string): number {
  const id = Buffer.from(cursor, 'base64url').toString();
  const position = items.findIndex((item) => idOf(item) === id);
  if (position < 0) throw invalidParameter('Invalid cursors values');
  return position;
}

function link({ version, path, query }: GraphRequest, name: 'after' | 'before', cursor: string): string {
  const params = new URLSearchParams(query);
  for (const old of ['after', 'before']) params.delete(old);
  params.set(name, cursor);
  return `https://graph.facebook.com/${version}${path}?${params.toString()}`;
}
