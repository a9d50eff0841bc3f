// SPDX-License-Identifier: Apache-2.0
// The calls of the business: which INVITE belongs to which, challenges, and whether Meta puts one through.
import { type Admission, type Attempt, admit } from '../../admit.ts';
import type { GraphState } from '../../graph/state.ts';
import type { SipConnection } from '../connection.ts';
import type { CallContext, Status } from '../context.ts';
import { header, type SipRequest } from '../message.ts';
import { BusinessCall } from './call.ts';
import { Challenger } from './challenger.ts';
import { Refusal } from './refusal.ts';

interface Waiter {
  readonly to: string | undefined;
  resolve(call: BusinessCall): void;
  reject(error: Error): void;
}

export class BusinessCalls {
  readonly challenger = new Challenger();
  /** In the order of their first INVITEs. */
  readonly all: BusinessCall[] = [];
  /** What the next INVITEs with credentials are answered with. */
  readonly faults: Status[] = [];
  readonly #context: CallContext;
  readonly #state: GraphState;
  readonly #byCallId = new Map<string, BusinessCall>();
  readonly #waiters = new Set<Waiter>();

  constructor(context: CallContext, state: GraphState) {
    this.#context = context;
    this.#state = state;
  }

  find(request: SipRequest): BusinessCall | undefined {
    return this.#byCallId.get(header(request, 'Call-ID') ?? '');
  }

  /** Takes an INVITE without To tag. `busy` tells of calls of the users. */
  invite(invite: SipRequest, connection: SipConnection, busy: Attempt['busy']): void {
    const call = this.#callOf(invite, connection);
    if (!call.takes(invite, connection)) return;
    const proof = this.challenger.take(invite);
    if (proof === undefined) {
      call.challenge(this.challenger.challenge());
      return;
    }
    const isBusy: Attempt['busy'] = (number, user) => busy(number, user) || this.all.some(
      ({ active, admission }) => active && admission?.number === number && admission.user === user,
    );
    const verdict = this.#judge({ invite, proof, busy: isBusy });
    if (verdict instanceof Refusal) call.refuse(verdict.status);
    else void call.ring(verdict);
    this.#announce(call, verdict);
  }

  /** The next call that Meta puts through or refuses; it must be waited for before it is placed. Rejects in time. */
  next({ to, timeoutMs = 15_000 }: { to?: string; timeoutMs?: number } = {}): Promise<BusinessCall> {
    const { promise, resolve, reject } = Promise.withResolvers<BusinessCall>();
    const waiter: Waiter = { to, resolve, reject };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => reject(new Error(`no call of the business in ${timeoutMs} ms`)), timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    });
  }

  abandon(): void {
    for (const call of this.all) call.abandon();
    for (const waiter of this.#waiters) waiter.reject(new Error('the simulator was closed'));
  }

  /** Another INVITE after a call that is over is a call of its own, if its CSeq says so. */
  #callOf(invite: SipRequest, connection: SipConnection): BusinessCall {
    const known = this.find(invite);
    if (known !== undefined && (known.active || !known.isBehind(invite))) return known;
    const call = new BusinessCall(this.#context, invite, connection);
    this.#byCallId.set(call.callId, call);
    this.all.push(call);
    return call;
  }

  #judge(attempt: Attempt): Admission | Refusal {
    const fault = this.faults.shift();
    if (fault) return new Refusal(fault.code, fault.reason);
    try {
      return admit(this.#state, attempt);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  #announce(call: BusinessCall, verdict: Admission | Refusal): void {
    const user = verdict instanceof Refusal ? this.#state.user(call.to) : verdict.user;
    const names = [call.to, user?.phoneNumber, user?.userId];
    for (const waiter of this.#waiters) if (waiter.to === undefined || names.includes(waiter.to)) waiter.resolve(call);
  }
}
