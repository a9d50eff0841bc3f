// SPDX-License-Identifier: Apache-2.0
// Graph API errors in Meta's envelope.
import { randomBytes } from 'node:crypto';

export interface ErrorShape {
  /** HTTP status. */
  readonly status: number;
  readonly code: number;
  readonly subcode?: number;
  /** `OAuthException` unless given. */
  readonly type?: string;
  /** The message without `(#code)` before it, as Graph itself words errors of tokens and proofs. */
  readonly plain?: boolean;
  readonly transient?: boolean;
  /** Headers that go with this error. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error Meta answers with; `details` is the text clients are told to rely on. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly shape: ErrorShape;
  readonly details: string | undefined;

  constructor(shape: ErrorShape, title: string, details?: string) {
    super(shape.plain === true ? title : `(#${shape.code}) ${title}`);
    this.shape = shape;
    this.details = details;
  }

  /** The JSON body. */
  get body(): object {
    const { code, subcode, transient, type = 'OAuthException' } = this.shape;
    return {
      error: {
        message: this.message,
        type,
        code,
        ...(subcode === undefined ? {} : { error_subcode: subcode }),
        ...(transient === undefined ? {} : { is_transient: transient }),
        ...(this.details === undefined
          ? {}
          : { error_data: { messaging_product: 'whatsapp', details: this.details } }),
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

/** A token that is no good; `message` is Graph's own sentence. */
export function badToken(message: string, subcode?: number): GraphError {
  return new GraphError({ status: 401, code: 190, plain: true, ...(subcode === undefined ? {} : { subcode }) }, message);
}

export function missingScope(scope: string): GraphError {
  const details = `The access token lacks the permission ${scope}`;
  return new GraphError({ status: 403, code: 10 }, 'Application does not have permission for this action', details);
}

/** An id that does not exist, or that the token may not see: Meta does not tell which. */
export function unknownObject(id: string): GraphError {
  const details = `Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, `
    + 'or does not support this operation';
  const shape = { status: 400, code: 100, subcode: 33, type: 'GraphMethodException' };
  return new GraphError(shape, 'Unsupported request', details);
}
