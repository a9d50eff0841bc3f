// SPDX-License-Identifier: Apache-2.0
import type { ZodType } from 'zod';
import type { KubeObject } from './objects.ts';

/** What became of an object on its way into a type. */
export type Decoded<T> = { readonly ok: true; readonly object: T } | { readonly ok: false; readonly reason: string };

/** Turns what the API server sent into the caller's type, or says in a sentence why it cannot. Must not throw. */
export type Decode<T> = (raw: KubeObject) => Decoded<T>;

/** Takes objects as they are. */
export const asIs: Decode<KubeObject> = (raw) => ({ ok: true, object: raw });

function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** Decodes by a zod schema; the reason names each field that does not fit. */
export function decodeWith<T>(schema: ZodType<T>): Decode<T> {
  return (raw) => {
    const result = schema.safeParse(raw);
    if (result.success) return { ok: true, object: result.data };
    const issues = result.error.issues.map((issue) =>
      issue.path.length > 0 ? `${fieldPath(issue.path)}: ${issue.message}` : issue.message,
    );
    return { ok: false, reason: issues.join('; ') };
  };
}
