// SPDX-License-Identifier: Apache-2.0
// zod's verdict on input, in the way Meta words it.
import type { z } from 'zod';
import { type GraphError, invalidParameter } from './errors.ts';

/** The parsed value. Throws GraphError 100 whose details name the first wrong parameter and what is wrong with it. */
export function parseOrRefuse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw firstIssue(parsed.error.issues);
  return parsed.data;
}

function firstIssue(issues: readonly z.core.$ZodIssue[]): GraphError {
  const [issue] = issues;
  const path = issue?.path.join('.') ?? '';
  const param = path === '' ? 'body' : path;
  if (issue?.code === 'unrecognized_keys') {
    return invalidParameter(`Unexpected key "${issue.keys[0]}" on param "${param}"`);
  }
  return invalidParameter(`Param ${param}: ${issue?.message ?? 'is not valid'}`);
}
