// SPDX-License-Identifier: Apache-2.0
// Graph API errors in Meta's envelope.
import { randomBytes } from 'node:crypto';

/** An error Meta answers with; `details` is the text clients are told to rely on. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly status: number;
  readonly code: number;
  readonly details: string;
  readonly subcode: number | undefined;

  constructor(at: { status: number; code: number; subcode?: number }, title: string, details: string) {
    super(`(#${at.code}) ${title}`);
    this.status = at.status;
    this.code = at.code;
    this.subcode = at.subcode;
    this.details = details;
  }

  /** The JSON body. */
  get body(): object {
    return {
      error: {
        message: this.message,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode === undefined ? {} : { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details },
        fbtrace_id: fbtraceId(),
      },
    };
  }
}

export function fbtraceId(): string {
  return `A${randomBytes(17).toString('base64url').slice(0, 22)}`;
}

export function invalidParameter(details: string): GraphError {
  return new GraphError({ status: 400, code: 100 }, 'Invalid parameter', details);
}

export function badToken(details: string): GraphError {
  return new GraphError({ status: 401, code: 190 }, 'Invalid OAuth access token', details);
}

export function missingScope(scope: string): GraphError {
  const details = `The access token lacks the permission ${scope}`;
  return new GraphError({ status: 403, code: 10 }, 'Application does not have permission for this action', details);
}

/** An id that does not exist, or that the token may not see: Meta does not tell which. */
export function unknownObject(id: string): GraphError {
  const details = `Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, `
    + 'or does not support this operation';
  return new GraphError({ status: 400, code: 100, subcode: 33 }, 'Unsupported request', details);
}
