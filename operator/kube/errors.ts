// SPDX-License-Identifier: Apache-2.0
import { isRecord } from './objects.ts';

/** What a failed call to the API server left us with. */
export interface KubeFailure {
  /** HTTP status; 0 when there was no answer at all. */
  readonly code: number;
  /** Kubernetes' machine-readable reason, such as `NotFound`; ours are `Unreachable` and `Timeout`. */
  readonly reason: string;
  readonly message: string;
  /** How long the server asked us to stay away. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call to the API server that did not succeed. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(failure: KubeFailure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
    this.reason = failure.reason;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

function hasCode(error: unknown, ...codes: readonly number[]): error is KubeError {
  return error instanceof KubeError && codes.includes(error.code);
}

/** The object, its namespace or its kind does not exist. */
export function isNotFound(error: unknown): error is KubeError {
  return hasCode(error, 404);
}

/** Somebody else changed the object first, or owns a field we applied. */
export function isConflict(error: unknown): error is KubeError {
  return hasCode(error, 409) && error.reason !== 'AlreadyExists';
}

/** An object of that name is there already. */
export function isAlreadyExists(error: unknown): error is KubeError {
  return hasCode(error, 409) && error.reason === 'AlreadyExists';
}

/** The version asked for was compacted away: list again. */
export function isGone(error: unknown): error is KubeError {
  return hasCode(error, 410);
}

/** We may not do this: RBAC, admission, or a namespace that is being deleted. */
export function isForbidden(error: unknown): error is KubeError {
  return hasCode(error, 401, 403);
}

/** No answer: refused, reset, timed out. Nobody knows whether a write took place. */
export function isUnreachable(error: unknown): error is KubeError {
  return hasCode(error, 0);
}

/** Server-side apply reports what does not fit the schema as an internal error; its words are all there is to go by. */
const APPLY_SCHEMA_ERROR =
  /failed to create typed (patch|live) object|field not declared in schema|duplicate entries for key/;

/** The object itself was refused; sending it again cannot help, somebody has to change it. */
export function isInvalid(error: unknown): error is KubeError {
  if (hasCode(error, 400, 413, 415, 422)) return true;
  return hasCode(error, 500) && APPLY_SCHEMA_ERROR.test(error.message);
}

/** Milliseconds of a `Retry-After` header in seconds; the API server never sends a date. */
export function retryAfterMs(header: string | readonly string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' && header !== '' ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The error in an answer of the API server: a `Status` object, or plain text from something in between. */
export function errorOf(code: number, body: string, retryAfter?: number): KubeError {
  let status: unknown;
  try {
    status = JSON.parse(body);
  } catch {
    // Not JSON: the text as it came is the best message there is.
  }
  return statusError(isRecord(status) ? status : { message: body.trim().slice(0, 300) }, code, retryAfter);
}

/** The error that a `Status` object tells of. */
export function statusError(status: Readonly<Record<string, unknown>>, code: number, retryAfter?: number): KubeError {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const message = text(status['message']) || `the API server answered HTTP ${code}`;
  return new KubeError({ code, reason: text(status['reason']), message, retryAfterMs: retryAfter });
}
