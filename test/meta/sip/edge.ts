// SPDX-License-Identifier: Apache-2.0
// wa.meta.vc as a server: what Meta answers to requests of the business, on whichever connection they come.
import { randomUUID } from 'node:crypto';
import type { Call, Status } from './call.ts';
import type { SipConnection } from './connection.ts';
import type { SipEndpoint } from './endpoint.ts';
import { header, type Header, parameter, respond, type SipRequest } from './message.ts';
import { metaDomain } from './requests.ts';

export class Edge {
  readonly #endpoint: SipEndpoint;
  readonly #calls = new Map<string, Call>();
  /** Requests that belong to no call of Meta's. */
  readonly strays: SipRequest[] = [];
  /** Meta's edge is reported to leave OPTIONS unanswered; true answers 200. */
  answersOptions = false;

  constructor(endpoint: SipEndpoint) {
    this.#endpoint = endpoint;
    endpoint.onRequest = (request, connection) => this.#receive(request, connection);
  }

  get port(): number {
    return this.#endpoint.port;
  }

  /** What came that was no SIP. */
  get malformed(): readonly { peer: string; detail: string }[] {
    return this.#endpoint.malformed;
  }

  add(call: Call): void {
    this.#calls.set(call.callId, call);
  }

  get calls(): Call[] {
    return [...this.#calls.values()];
  }

  #receive(request: SipRequest, connection: SipConnection): void {
    // Meta answers no INVITE of the business in these calls, so no ACK of the business can belong to anything.
    if (request.method === 'ACK') return void this.strays.push(request);
    const status = this.#answer(request);
    if (status === undefined) return;
    const failure: Header[] = [
      { name: 'Allow', value: 'INVITE, ACK, BYE, CANCEL, NOTIFY, OPTIONS' },
      { name: 'Warning', value: `399 ${metaDomain} "${status.reason}"` },
    ];
    const extra = [{ name: 'X-FB-External-Domain', value: metaDomain }, ...(status.code < 300 ? [] : failure)];
    connection.send(respond(request, status, randomUUID(), extra));
  }

  #answer(request: SipRequest): Status | undefined {
    const call = this.#calls.get(header(request, 'Call-ID') ?? '');
    if (request.method === 'OPTIONS') {
      if (call === undefined) this.strays.push(request);
      else call.journal.inDialogRequests.push(request);
      return this.answersOptions ? { code: 200, reason: 'OK' } : undefined;
    }
    if (call !== undefined) return call.handle(request);
    this.strays.push(request);
    if (parameter(header(request, 'To') ?? '', 'tag') !== undefined) return { code: 404, reason: 'Not Found' };
    switch (request.method) {
      case 'REGISTER': return { code: 403, reason: 'Forbidden' };
      case 'INVITE': return { code: 501, reason: 'Business-initiated calls are not simulated' };
      case 'BYE':
      case 'CANCEL': return { code: 404, reason: 'Not Found' };
      default: return { code: 405, reason: 'Method Not Allowed' };
    }
  }
}
