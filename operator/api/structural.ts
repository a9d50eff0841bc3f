// SPDX-License-Identifier: Apache-2.0
// zod → structural OpenAPI v3, the dialect of CustomResourceDefinitions. Whatever the API server would refuse or
// silently drop is an error here, so that a kind cannot promise what its CRD does not check.
import * as z from 'zod';

export type Schema = { [key: string]: unknown };

/** zod expresses these formats as patterns with look-around, which the API server's RE2 cannot compile. */
const FORMATS = new Set(['date-time']);
const NOT_STRUCTURAL = ['$ref', 'anyOf', 'oneOf', 'allOf', 'not'];

/**
 * The schema as a CRD carries it.
 * @throws where the schema says something that a CRD cannot.
 */
export function toStructural(schema: z.ZodType): Schema {
  const { $schema: _, ...out } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' });
  return cleanObject(out, '$');
}

function clean(node: unknown, path: string): unknown {
  if (Array.isArray(node)) return node.map((item, i) => clean(item, `${path}[${i}]`));
  return isSchema(node) ? cleanObject(node, path) : node;
}

function cleanObject(node: Schema, path: string): Schema {
  refuse(node, path);
  const entries = Object.entries(node).filter(([key, value]) => !isNoise(node, key, value));
  return Object.fromEntries(entries.map(([key, value]) => [key, isOpaque(key) ? value : clean(value, `${path}.${key}`)]));
}

const isSchema = (node: unknown): node is Schema => typeof node === 'object' && node !== null && !Array.isArray(node);

function refuse(node: Schema, path: string): void {
  const word = NOT_STRUCTURAL.find((key) => key in node && typeof node['type'] !== 'undefined');
  if (word) throw new Error(`${path}: ${word} is not structural; use an enum, optional objects and a CEL rule`);
  const pattern = node['pattern'];
  if (typeof pattern === 'string' && !FORMATS.has(String(node['format'])) && /\(\?(?:=|!|<=|<!)/.test(pattern)) {
    throw new Error(`${path}: look-around in a pattern; the API server compiles RE2`);
  }
}

/** What zod adds and a CRD does not need: safe-integer bounds, closed objects, names of members, patterns beside a format. */
function isNoise(node: Schema, key: string, value: unknown): boolean {
  if (key === 'minimum') return value === Number.MIN_SAFE_INTEGER;
  if (key === 'maximum') return value === Number.MAX_SAFE_INTEGER;
  if (key === 'additionalProperties') return value === false;
  if (key === 'propertyNames') return true;
  if (key === 'pattern') return FORMATS.has(String(node['format']));
  return false;
}

const isOpaque = (key: string): boolean => key.startsWith('x-kubernetes-') || ['default', 'enum', 'example'].includes(key);
