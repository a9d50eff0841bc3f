// SPDX-License-Identifier: Apache-2.0
// INVITE client transaction over TLS (RFC 3261 §17.1.1): no retransmission; timer B, CANCEL and the ACK of failures.
import type { SipConnection } from './connection.ts';
import { type SipEndpoint, TransactionError } from './endpoint.ts';
import { header, type SipRequest, type SipResponse } from './message.ts';
import { hopRequest } from './requests.ts';

export interface InviteHandlers {
  cancelled(): void;
  provisional(response: SipResponse): void;
  /** A further 2xx: the answer once more (no ACK reached the other side), or a second one. */
  repeated(response: SipResponse): void;
}

export class InviteTransaction {
  readonly #connection: SipConnection;
  readonly #request: SipRequest;
  readonly #handlers: InviteHandlers;
  readonly #timeoutMs: number;
  readonly #final = Promise.withResolvers<SipResponse>();
  #state: 'calling' | 'proceeding' | 'completed' = 'calling';
  #cancelWanted = false;
  #timer: NodeJS.Timeout;

  constructor(
    endpoint: SipEndpoint,
    connection: SipConnection,
    request: SipRequest,
    options: InviteHandlers & { timeoutMs: number },
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#handlers = options;
    this.#timeoutMs = options.timeoutMs;
    this.#timer = this.#expire('no answer at all');
    endpoint.transact(connection, request, {
      response: (response) => this.#receive(response),
      closed: () => {
        this.#fail(new TransactionError('connection_closed', 'the connection closed before a final answer'));
      },
    });
  }

  /** The final response, failures acknowledged already. Rejects with TransactionError. */
  get final(): Promise<SipResponse> {
    return this.#final.promise;
  }

  /** Gives up the call. Before the first provisional response CANCEL must wait for it (RFC 3261 §9.1). */
  cancel(): void {
    if (this.#cancelWanted || this.#state === 'completed') return;
    this.#cancelWanted = true;
    if (this.#state === 'proceeding') this.#sendCancel();
  }

  #receive(response: SipResponse): void {
    if (response.status < 200) this.#proceed(response);
    else if (response.status < 300 && this.#state === 'completed') this.#handlers.repeated(response);
    else this.#complete(response);
  }

  #proceed(response: SipResponse): void {
    if (this.#state === 'completed') return;
    this.#handlers.provisional(response);
    if (this.#state === 'proceeding') return;
    this.#state = 'proceeding';
    clearTimeout(this.#timer);
    if (this.#cancelWanted) this.#sendCancel();
  }

  #complete(response: SipResponse): void {
    if (response.status >= 300) this.#connection.send(hopRequest(this.#request, 'ACK', header(response, 'To') ?? ''));
    this.#state = 'completed';
    clearTimeout(this.#timer);
    this.#final.resolve(response);
  }

  #sendCancel(): void {
    const cancel = hopRequest(this.#request, 'CANCEL', header(this.#request, 'To') ?? '');
    this.#connection.send(cancel);
    this.#handlers.cancelled();
    clearTimeout(this.#timer);
    this.#timer = this.#expire('no final answer after CANCEL');
  }

  #expire(what: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.#fail(new TransactionError('transaction_timeout', `INVITE: ${what} in ${this.#timeoutMs} ms`));
    }, this.#timeoutMs);
  }

  #fail(error: TransactionError): void {
    if (this.#state === 'completed') return;
    this.#state = 'completed';
    clearTimeout(this.#timer);
    this.#final.reject(error);
  }
}
