// SPDX-License-Identifier: Apache-2.0
// The `fields` parameter: which members of a node a read shows.
import { GraphError } from './errors.ts';

export interface NodeType {
  /** As error texts name it. */
  readonly name: string;
  readonly defaults: readonly string[];
  /** The value of each field; of an edge, the members asked for in braces. Undefined leaves the field out. */
  readonly fields: Readonly<Record<string, (members: string | null) => unknown>>;
}

/** The node's body: `id` and the fields asked for. Throws GraphError 100 for a field that does not exist. */
export function selectFields(type: NodeType, fields: string | null): Record<string, unknown> {
  const wanted = fields === null ? type.defaults : ['id', ...splitFields(fields)];
  const pairs = wanted.map((text): [string, unknown] => {
    const [, name = text, members = null] = /^(\w+)(?:\{(.*)\})?$/.exec(text) ?? [];
    if (!Object.hasOwn(type.fields, name)) {
      const title = `Tried accessing nonexisting field (${name}) on node type (${type.name})`;
      throw new GraphError({ status: 400, code: 100 }, title, title);
    }
    return [name, type.fields[name]?.(members)];
  });
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** Splits at the commas that are not inside of braces. */
function splitFields(text: string): string[] {
  const parts = text.match(/(?:[^,{}]|\{[^{}]*\})+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
