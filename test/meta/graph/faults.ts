// SPDX-License-Identifier: Apache-2.0
// Faults that a test orders: Meta slow, broken, throttling, or answering something unreadable.

export type SimpleFaultKind =
  /** HTTP 503, code 2: temporarily unavailable. */
  | 'unavailable'
  /** HTTP 500, code 131000: something went wrong. */
  | 'internal'
  /** HTTP 500, code 2: the same as some edges put it. */
  | 'internal2'
  /** HTTP 429, code 130429. */
  | 'tooManyRequests'
  /** HTTP 400, code 4, with usage headers at 100 %. */
  | 'appThrottled'
  /** HTTP 400, code 80007, with minutes to regain access. */
  | 'businessThrottled'
  /** No answer at all; the connection stays open. */
  | 'hang'
  /** The right answer, after `delayMs`. */
  | 'slow'
  /** HTTP 502 with a page of HTML. */
  | 'badGateway'
  /** HTTP 200 with half of the body, then the connection closes. */
  | 'cutOff'
  /** HTTP 200 with JSON that is not what was asked for. */
  | 'nonsense'
  /** The request is carried out, then the connection closes without an answer. */
  | 'lostReply';

export type FaultKind = SimpleFaultKind | 'error';

export interface FaultFilter {
  /** How many requests get it; without it all until cleared. */
  readonly times?: number;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Only requests whose path contains this, e.g. `/settings` or a phone number ID. */
  readonly path?: string;
}

export interface FaultOptions extends FaultFilter {
  /** For `slow`. */
  readonly delayMs?: number;
  /** For `businessThrottled`: minutes in the usage header, default 5. */
  readonly regainMinutes?: number;
  /** For `businessThrottled`: the id the usage header is about. */
  readonly businessAccountID?: string;
}

/** Any of Meta's errors. */
export interface ErrorFaultOptions extends FaultFilter {
  /** HTTP status. */
  readonly status: number;
  readonly code: number;
  readonly subcode?: number;
  /** The message after `(#code)`. */
  readonly title?: string;
  readonly details?: string;
  /** `is_transient` of the error. */
  readonly transient?: boolean;
  /** Seconds for the header Retry-After. */
  readonly retryAfter?: number;
}

export type Fault = ({ readonly kind: SimpleFaultKind } & FaultOptions) | ({ readonly kind: 'error' } & ErrorFaultOptions);

/** What `fault` takes. */
export type FaultOrder = [kind: SimpleFaultKind, options?: FaultOptions] | [kind: 'error', options: ErrorFaultOptions];

export class Faults {
  readonly #active = new Map<Fault, number>();

  /** Orders a fault; the result clears it. */
  add(fault: Fault): () => void {
    this.#active.set(fault, fault.times ?? Infinity);
    return () => { this.#active.delete(fault); };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The fault for a request, used up by it. */
  take(method: string, path: string): Fault | undefined {
    for (const [fault, left] of this.#active) {
      const wanted = (fault.method ?? method) === method && path.includes(fault.path ?? '');
      if (!wanted) continue;
      if (left <= 1) this.#active.delete(fault);
      else this.#active.set(fault, left - 1);
      return fault;
    }
    return undefined;
  }
}
