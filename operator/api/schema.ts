// SPDX-License-Identifier: Apache-2.0
// Building blocks of the kinds: zod schemas that carry the same rule for this program and for the API server.
import * as z from 'zod';

/** A rule in CEL together with the sentence that its reader gets. */
export interface CelRule {
  rule: string;
  message: string;
}

/** Attaches CEL rules to a schema; the API server evaluates them, zod does not. */
export function withRules<T extends z.ZodType>(schema: T, description: string, ...rules: CelRule[]): T {
  return schema.meta({ description, ...(rules.length ? { 'x-kubernetes-validations': rules } : {}) });
}

/** A rule on both sides: `holds` for zod, `rule` in CEL for the API server, one sentence for both. */
export interface CheckedRule<T> extends CelRule {
  holds: (value: T) => boolean;
}

/** A schema with rules that zod and the API server both check. `meta` is what the CRD says of it beside them. */
export function checked<T extends z.ZodType>(
  schema: T,
  meta: { description: string; [key: string]: unknown },
  ...rules: CheckedRule<z.output<T>>[]
): T {
  const refined = rules.reduce<T>((before, { holds, message }) => before.refine(holds, message), schema);
  return refined.meta({ ...meta, 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })) });
}

/** One pattern checked on both sides, refused with one sentence. `pattern` must be valid in RE2 and in JavaScript. */
export interface PatternRule {
  description: string;
  pattern: string;
  message: string;
  maxLength: number;
}

/** A string that must match a pattern in full. */
export function patternString({ description, pattern, message, maxLength }: PatternRule): z.ZodString {
  const expression = new RegExp(`^(?:${pattern})$`, 'u');
  const text = z.string().max(maxLength).refine((value) => expression.test(value), message);
  const rule = `self.matches(r'^(?:${pattern})$')`;
  return withRules(text, description, { rule, message });
}

/** A list without doubles; the API server refuses those in a list of type set by itself. */
export const asSet = <T extends z.ZodArray>(list: T, description: string): T =>
  list.refine((values) => new Set(values).size === values.length, 'each value may stand there once').meta({ description, 'x-kubernetes-list-type': 'set' });

/** Name of an object in the same namespace. */
export const objectName = (description: string): z.ZodString =>
  patternString({
    description,
    pattern: '[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?',
    message: 'must be the name of an object: lower-case letters, digits, dots and dashes',
    maxLength: 253,
  });

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** In RE2 and in JavaScript. */
export const IPV4_PATTERN = `(${OCTET}\\.){3}${OCTET}`;

export const network = patternString({
  description: 'An IPv4 network.',
  pattern: `${IPV4_PATTERN}/(3[0-2]|[12]?[0-9])`,
  message: 'a source network must be written as address/length, such as "157.240.0.0/16"',
  maxLength: 18,
});

/**
 * A name is refused with a sentence of ours, so there is room for one.
 * @param example as it may stand there
 */
export const ipv4 = (field: string, description: string, example: string): z.ZodString =>
  patternString({ description, pattern: IPV4_PATTERN, message: `${field} must be an IPv4 address, such as "${example}"`, maxLength: 253 });

/** One key of a Secret in the same namespace. */
export const secretKeyRef = (description: string) =>
  z
    .object({
      name: objectName('Name of the Secret.'),
      key: z.string().min(1).max(253).meta({ description: 'Key in the Secret.' }),
    })
    .meta({ description });

export const condition = z
  .object({
    type: z.string().meta({ description: 'What is judged.' }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'The verdict.' }),
    observedGeneration: z.int().min(0).optional().meta({ description: 'Generation of the spec that was judged.' }),
    lastTransitionTime: z.iso.datetime().meta({ description: 'When the verdict last changed.' }),
    reason: z.string().meta({ description: 'The verdict’s cause, for programs.' }),
    message: z.string().max(32768).meta({ description: 'The verdict’s cause, for people: what, where and what to do.' }),
  })
  .meta({ description: 'One thing that can be right or wrong.' });

export type Condition = z.infer<typeof condition>;

export const conditions = z
  .array(condition)
  .optional()
  .meta({
    description: 'What is right, wrong or awaited.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });

export const observedGeneration = z
  .int()
  .min(0)
  .optional()
  .meta({ description: 'Generation of the spec that this status speaks of.' });

/** Without what nobody here reads: managed fields alone are larger than all the rest. */
const metadata = z.object({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  generation: z.number().default(1),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().default(''),
  deletionTimestamp: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});

export type Metadata = z.infer<typeof metadata>;

/** The whole object as the API server returns it. */
export function objectSchema<S extends z.ZodType, T extends z.ZodType>(kind: string, spec: S, status: T) {
  return z.object({ apiVersion: z.string(), kind: z.literal(kind), metadata, spec, status: status.optional() });
}
