// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/**
 * What a failed request means for us:
 * `token` and `permission` and `unknown` and `refused` stay so until a person changes something; `unavailable` passes by itself.
 */
export type GraphErrorKind = 'token' | 'permission' | 'unknown' | 'refused' | 'unavailable';

/** A request to the Graph API that did not succeed. Its message is Meta's own, and never holds the token. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly kind: GraphErrorKind;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** Meta's error code, where it gave one. */
  readonly code: number | undefined;
  /** How long Meta asked us to stay away. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: { kind: GraphErrorKind; status: number; code?: number; message: string; retryAfterMs?: number; cause?: unknown }) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.kind = failure.kind;
    this.status = failure.status;
    this.code = failure.code;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

const errorBody = z.object({
  error: z.object({
    message: z.string().default(''),
    code: z.coerce.number(),
    error_subcode: z.coerce.number().optional(),
    is_transient: z.boolean().optional(),
    error_data: z.object({ details: z.string().optional() }).optional().catch(undefined),
  }),
});

/** Codes by which Meta says "later": temporary trouble, and every kind of rate limit. Source: Graph API error handling guide. */
const LATER = new Set([1, 2, 4, 17, 32, 341, 368, 613, 80007, 80008, 130429, 131000, 131016, 131048, 131056, 133004]);

/** The error that an answer of the Graph API stands for. */
export function toGraphError(status: number, body: string, retryAfter?: string): GraphError {
  const seconds = Number(retryAfter);
  const wait = retryAfter && Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
  const parsed = errorBody.safeParse(tryJson(body));
  if (!parsed.success) {
    return new GraphError({ kind: 'unavailable', status, message: `HTTP ${status} without a readable answer`, ...wait });
  }
  const { message, code, error_data: data } = parsed.data.error;
  const text = [message, data?.details].filter(Boolean).join(': ');
  return new GraphError({ kind: kindOf(status, parsed.data.error), status, code, message: text || `error ${code}`, ...wait });
}

/** Codes that speak of the token, and of what it may do. Source: Graph API error handling guide. */
const TOKEN = new Set([0, 102, 190]);
const PERMISSION = new Set([3, 10]);

function kindOf(status: number, error: z.infer<typeof errorBody>['error']): GraphErrorKind {
  const { code, error_subcode: subcode, is_transient: transient } = error;
  if (TOKEN.has(code)) return 'token';
  if (PERMISSION.has(code) || (code >= 200 && code <= 299)) return 'permission';
  if (code === 100 && subcode === 33) return 'unknown';
  const passes = transient || LATER.has(code) || status >= 500 || status === 429;
  return passes ? 'unavailable' : 'refused';
}

function tryJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
