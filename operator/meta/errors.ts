// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Reason } from '../api/reasons.ts';
import { CODES, PROOF_REFUSED, toEntry, type CodeEntry, type GraphErrorKind } from './codes.ts';

/** A request to the Graph API that did not succeed. Its message is Meta's own, and never holds the token. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly kind: GraphErrorKind;
  readonly reason: Reason;
  /** Who must do what about it. */
  readonly cure: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** Meta's error code, where it gave one. */
  readonly code: number | undefined;
  /** How long to stay away, in milliseconds, where Meta or the code says so. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: { entry: CodeEntry; status: number; code?: number; message: string; retryAfterMs?: number; cause?: unknown }) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.kind = failure.entry.kind;
    this.reason = failure.entry.reason;
    this.cure = failure.entry.cure;
    this.status = failure.status;
    this.code = failure.code;
    this.retryAfterMs = failure.retryAfterMs ?? failure.entry.restMs;
  }

  /** Meta's words with its code. */
  get words(): string {
    return this.code === undefined ? this.message : `${this.message} (code ${this.code})`;
  }

  /** Meta's words, then what to do: what a condition says. */
  get sentence(): string {
    return `Meta says: ${this.words}. ${this.cure}`;
  }
}

const errorBody = z.object({
  error: z.object({
    code: z.union([z.number(), z.string().regex(/^\d+$/)]).transform(Number),
    // Whatever else is missing or odd does not matter.
    message: z.string().catch(''),
    error_subcode: z.coerce.number().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    error_data: z.object({ details: z.string().optional() }).optional().catch(undefined),
  }),
});

/** The error that an answer of the Graph API stands for. */
export function toGraphError(status: number, body: string, retryAfter?: string): GraphError {
  const seconds = Number(retryAfter);
  const wait = seconds > 0 && Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {};
  const parsed = errorBody.safeParse(tryJson(body));
  if (!parsed.success) {
    return new GraphError({ entry: toEntry(undefined, status, false), status, message: `HTTP ${status} without a readable answer`, ...wait });
  }
  const { message, code, error_subcode: subcode, is_transient: transient = false, error_data: data } = parsed.data.error;
  const text = [message, data?.details].filter(Boolean).join(': ');
  const entry = (code === 100 ? toCloserEntry(text, subcode) : undefined) ?? toEntry(code, status, transient);
  return new GraphError({ entry, status, code, message: text || `error ${code}`, ...wait });
}

/** Code 100 stands for many things: an id that is unknown, or hidden from the token, is told by the subcode. */
function toCloserEntry(text: string, subcode: number | undefined): CodeEntry | undefined {
  if (text.includes('appsecret_proof')) return PROOF_REFUSED;
  return subcode === 33 ? CODES[33] : undefined;
}

/** An answer that did not come or that nobody can read; passes by itself. */
export const unavailable = (status: number, message: string, more: { retryAfterMs?: number; cause?: unknown } = {}): GraphError =>
  new GraphError({ entry: toEntry(undefined, status, true), status, message, ...more });

function tryJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
