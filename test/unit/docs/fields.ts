// SPDX-License-Identifier: Apache-2.0
// The fields of a CRD, as the docs name them.
import * as z from 'zod';

export interface Field {
  /** Such as `spec.numbers[].name`. */
  path: string;
  /** What holds where the field is left out, as the docs write it. */
  ifAbsent: string;
}

interface Node {
  properties?: Record<string, Node> | undefined;
  items?: Node | undefined;
  required?: string[] | undefined;
  default?: unknown;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), node).optional(),
    items: node.optional(),
    required: z.array(z.string()).optional(),
    default: z.unknown().optional(),
  }),
);

const crd = z.object({
  spec: z.object({ versions: z.tuple([z.object({ schema: z.object({ openAPIV3Schema: node }) })]) }),
});

/** All fields below `spec` or `status`; conditions are one field, since they are the same everywhere. */
export function fieldsOf(manifest: unknown, part: 'spec' | 'status'): Field[] {
  const [{ schema }] = crd.parse(manifest).spec.versions;
  return below(schema.openAPIV3Schema.properties?.[part] ?? {}, part);
}

function below(parent: Node, path: string): Field[] {
  if (parent.items) return below(parent.items, `${path}[]`);
  return Object.entries(parent.properties ?? {}).flatMap(([name, child]) => {
    const own = { path: `${path}.${name}`, ifAbsent: ifAbsent(child, parent.required?.includes(name) ?? false) };
    return name === 'conditions' ? [own] : [own, ...below(child, own.path)];
  });
}

function ifAbsent(child: Node, required: boolean): string {
  if (required) return 'required';
  if (child.default === undefined) return 'none';
  return typeof child.default === 'string' ? child.default : JSON.stringify(child.default);
}
