// SPDX-License-Identifier: Apache-2.0
// wa.meta.vc as a server: what Meta answers to requests of the business, on whichever connection they come.
import { randomUUID } from 'node:crypto';
import type { ServerIdentity } from '../pki.ts';
import type { BusinessCalls } from './business/calls.ts';
import type { ChallengeForm } from './business/challenger.ts';
import { answer } from './business/responses.ts';
import type { Call } from './call.ts';
import type { SipConnection } from './connection.ts';
import { notFound, type Status } from './context.ts';
import type { SipEndpoint } from './endpoint.ts';
import { header, parameter, type SipRequest } from './message.ts';

export class Edge {
  readonly #endpoint: SipEndpoint;
  readonly #business: BusinessCalls;
  readonly #calls = new Map<string, Call>();
  /** Requests that belong to no call. */
  readonly strays: SipRequest[] = [];
  /** Meta's edge is reported to leave OPTIONS unanswered; true answers 200. */
  answersOptions = false;

  constructor(endpoint: SipEndpoint, business: BusinessCalls) {
    this.#endpoint = endpoint;
    this.#business = business;
    endpoint.onRequest = (request, connection) => this.#receive(request, connection);
  }

  get port(): number {
    return this.#endpoint.port;
  }

  /** What came that was no SIP. */
  get malformed(): readonly { peer: string; detail: string }[] {
    return this.#endpoint.malformed;
  }

  /** The names that clients asked for by SNI, in order. */
  get serverNames(): readonly string[] {
    return this.#endpoint.serverNames;
  }

  /** How INVITEs are challenged: one header for each algorithm, in this order. */
  get challenges(): ChallengeForm {
    return this.#business.challenger.form;
  }

  set challenges(form: ChallengeForm) {
    this.#business.challenger.form = form;
  }

  /** Every nonce given so far is stale. */
  forgetNonces(): void {
    this.#business.challenger.forget();
  }

  /** The next INVITE with credentials gets this answer, whatever is in it; several are used up in order. */
  refuseNext(status: Status): void {
    this.#business.faults.push(status);
  }

  /** Shows new connections another certificate; the right one again without one. */
  present(identity?: ServerIdentity): void {
    this.#endpoint.present(identity);
  }

  /** Ends the connections that others made, as a restart of Meta's edge does. */
  disconnect(): void {
    this.#endpoint.disconnect();
  }

  add(call: Call): void {
    this.#calls.set(call.callId, call);
  }

  get calls(): Call[] {
    return [...this.#calls.values()];
  }

  #receive(request: SipRequest, connection: SipConnection): void {
    const business = this.#business.find(request);
    const outside = parameter(header(request, 'To') ?? '', 'tag') === undefined;
    if (request.method === 'ACK') {
      // Meta answers no INVITE inside a user's call but with 500, so no ACK can belong to one.
      if (business === undefined) this.strays.push(request);
      else business.acknowledge(request);
    } else if (request.method === 'INVITE' && outside) {
      this.#business.invite(request, connection, (number, user) => this.calls.some(({ active, from, to }) =>
        active && to === number.phoneNumber && [user.phoneNumber, user.userId].includes(from)));
    } else if (request.method === 'CANCEL' && business !== undefined) {
      business.cancel(request, connection);
    } else {
      const status = this.#answer(request, outside);
      if (status !== undefined) connection.send(answer(request, status, randomUUID()));
    }
  }

  #answer(request: SipRequest, outside: boolean): Status | undefined {
    const call = this.#calls.get(header(request, 'Call-ID') ?? '') ?? this.#business.find(request);
    if (request.method === 'OPTIONS') {
      if (call === undefined) this.strays.push(request);
      else call.journal.inDialogRequests.push(request);
      return this.answersOptions ? { code: 200, reason: 'OK' } : undefined;
    }
    if (call !== undefined) return call.handle(request);
    this.strays.push(request);
    if (!outside) return notFound;
    switch (request.method) {
      case 'REGISTER': return { code: 403, reason: 'Forbidden' };
      case 'BYE':
      case 'CANCEL': return notFound;
      default: return { code: 405, reason: 'Method Not Allowed' };
    }
  }
}
