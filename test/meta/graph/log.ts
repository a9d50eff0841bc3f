// SPDX-License-Identifier: Apache-2.0
// The requests that came, without their secrets.
import type { FaultKind } from './faults.ts';
import type { GraphRequest } from './request.ts';

/** A request as it came and what became of it. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  /** Without the version prefix, e.g. `/100000000000001/settings`. */
  readonly path: string;
  /** E.g. `v25.0`; '' when the path had none. */
  readonly version: string;
  /** Tokens and proofs in it are left out. */
  readonly query: string;
  /** Parsed when it is JSON, else as it came; of an upload only what it is. */
  readonly body: unknown;
  /** HTTP status sent; undefined before that, and when a fault sends none. */
  status: number | undefined;
  readonly fault: FaultKind | undefined;
}

/** The entry for a request that is still to be answered. */
export function toEntry(request: GraphRequest, path: string, fault: FaultKind | undefined): LoggedRequest {
  const { method, version, query } = request;
  return { at: new Date(), method, version, path, query: toQuery(query), body: readable(request), fault, status: undefined };
}

function toQuery(query: URLSearchParams): string {
  const shown = new URLSearchParams(query);
  for (const secret of ['access_token', 'input_token', 'appsecret_proof']) shown.delete(secret);
  return shown.size === 0 ? '' : `?${shown.toString()}`;
}

function readable({ body, contentType }: GraphRequest): unknown {
  if (contentType.startsWith('multipart/')) return `${body.length} bytes of multipart/form-data`;
  const text = body.toString();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text; // kept as it came, for the log
  }
}
