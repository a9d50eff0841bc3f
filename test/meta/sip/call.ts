// SPDX-License-Identifier: Apache-2.0
// One user-initiated call, from the dial to its end.
import { randomUUID } from 'node:crypto';
import { buildOffer, parseAnswer } from '../media/sdp.ts';
import { SdpError } from '../media/sdperror.ts';
import type { MediaStream } from '../media/stream.ts';
import type { SipConnection } from './connection.ts';
import { type CallContext, notFound, type Status } from './context.ts';
import { DialError, type PeerCertificate, peerCertificate } from './dial.ts';
import { checkInDialog, establish } from './dialog.ts';
import { TransactionError } from './endpoint.ts';
import { DialogLeg } from './leg.ts';
import { cseq, header, parameter, type SipRequest, type SipResponse } from './message.ts';
import {
  type CallFailure, type CallOptions, type CallPlan, type CallTimings, metaTimings, type Outcome,
} from './outcome.ts';
import { type InviteInput, metaContact } from './requests.ts';
import { CallSetup, type SetupResult } from './setup.ts';
import { UserEnd } from './userend.ts';

export class Call extends UserEnd {
  readonly callId: string;
  /** The user: a phone number, or a business-scoped user id. */
  readonly from: string;
  /** The business number. */
  readonly to: string;
  /** The certificate the gateway showed. */
  certificate: PeerCertificate | undefined;
  /** How the set-up went, once it is over. */
  result: Outcome | undefined;

  readonly #context: CallContext;
  readonly #options: CallOptions;
  readonly #timings: CallTimings;
  readonly #outcome = Promise.withResolvers<Outcome>();
  #setup: CallSetup | undefined;
  #answeredInvite: SipRequest | undefined;
  #cancelledEarly = false;

  constructor(context: CallContext, options: CallOptions) {
    const timings = { ...metaTimings, ...options.timings };
    super(timings);
    this.#context = context;
    this.#options = options;
    this.#timings = timings;
    this.callId = `outgoing:${this.wacid}`;
    this.from = options.from ?? '+15550002222';
    this.to = options.to;
  }

  /** How the set-up went; never rejects for anything the other side did. */
  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** The user gives up before the answer. */
  cancel(): void {
    this.#cancelledEarly = true;
    this.#setup?.cancel('user');
  }

  protected giveUp(): void {
    this.cancel();
  }

  /** Dials; called once. */
  async run(plan: CallPlan): Promise<void> {
    try {
      const connection = await this.#connect(plan);
      const result = await this.#invite(plan, connection);
      if (result.response.status >= 300) this.#refused(result.response);
      else await this.#establish(result, plan, connection);
    } catch (error) {
      if (error instanceof DialError || error instanceof TransactionError) this.fail(error.failure, error.message);
      else this.#outcome.reject(error);
    }
  }

  /** Ends the set-up without an answer of the business. */
  fail(failure: CallFailure, detail: string): void {
    this.journal.note(`failed: ${failure}: ${detail}`);
    this.#settle({ kind: 'failed', failure, detail });
    this.conversation.end('meta', failure, undefined);
  }

  /** Answers a request of the business that carries this call's Call-ID. */
  handle(request: SipRequest): Status {
    return this.conversation.answer(request, () => {
      const wrong = request.method === 'BYE' ? checkInDialog(request, metaContact(this.from)) : undefined;
      if (wrong === undefined) return undefined;
      this.journal.find(wrong);
      return notFound;
    });
  }

  /** Lets go of sockets and timers without a word to the other side. */
  abandon(): void {
    if (this.active) this.fail('connection_closed', 'the simulator was closed');
  }

  async #connect(plan: CallPlan): Promise<SipConnection> {
    const target = { host: plan.hostname, port: plan.port, sourceAddress: this.#route().sourceAddress };
    const open = this.#options.reuseConnection === true ? this.#context.endpoint.openTo(target) : undefined;
    const connection = open ?? (await this.#context.endpoint.dial(target));
    this.certificate = peerCertificate(connection.socket);
    this.journal.note(`connected to ${connection.peer}`);
    void connection.closed.then(() => this.journal.note(`connection to ${connection.peer} closed`));
    return connection;
  }

  async #invite(plan: CallPlan, connection: SipConnection): Promise<SetupResult> {
    const media = await this.#context.openMedia({
      keyExchange: plan.keyExchange,
      journal: this.journal,
      tone: this.#options.tone ?? 440,
      waitForBusiness: this.#options.userSendsFirst !== true,
      reportIntervalMs: this.#timings.reportIntervalMs,
    });
    this.conversation.take(media);
    this.#setup = new CallSetup({
      endpoint: this.#context.endpoint,
      connection,
      journal: this.journal,
      timings: this.#timings,
      repeated: (response) => this.#repeated(response),
    });
    if (this.#cancelledEarly) this.#setup.cancel('user');
    return this.#setup.run(plan, this.#inviteInput(plan, media));
  }

  async #establish({ invite, response }: SetupResult, plan: CallPlan, connection: SipConnection): Promise<void> {
    const dialog = establish(invite, response);
    if ('code' in dialog) {
      this.journal.find(dialog);
      this.fail('bad_answer', dialog.detail); // no ACK, and a BYE of the business will be unknown
      return;
    }
    const { endpoint } = this.#context;
    const sequence = cseq(invite).number;
    const leg = new DialogLeg({ endpoint, dialog, sequence, connection, journal: this.journal, ...this.#route() });
    this.#answeredInvite = invite;
    const acknowledged = leg.acknowledge(invite);
    this.conversation.answered(leg, acknowledged);
    await acknowledged;
    await this.#answered(response, plan);
  }

  #route(): { sourceAddress: string; reconnect: boolean } {
    const { sourceAddress = this.#context.sourceAddress, reconnectInDialog: reconnect = false } = this.#options;
    return { sourceAddress, reconnect };
  }

  #inviteInput(plan: CallPlan, media: MediaStream): Omit<InviteInput, 'cseq'> {
    return {
      businessNumber: plan.businessNumber,
      hostname: plan.hostname,
      userParameters: plan.userParameters,
      from: this.from,
      userId: this.#options.userId ?? this.from.replace('+', 'US.'),
      wacid: this.wacid,
      fromTag: randomUUID(),
      extraHeaders: this.#options.headers ?? [],
      sdp: buildOffer({ ...media.local, codecs: plan.codecs }),
    };
  }

  async #answered(response: SipResponse, plan: CallPlan): Promise<void> {
    try {
      this.conversation.start(parseAnswer(response.body.toString(), plan));
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      this.journal.find({ code: 'bad_sdp_answer', detail: error.message });
      this.#settle({ kind: 'failed', failure: 'bad_answer', detail: error.message });
      await this.conversation.bye('meta', 'SIP;cause=488;text="SDP validation"');
      return;
    }
    const invited = this.journal.timeline.find((entry) => entry.event === 'INVITE sent')?.atMs ?? 0;
    const setupMs = this.conversation.setupMs - invited;
    this.#settle({ kind: 'answered', status: response.status, reason: response.reason, setupMs });
    this.#context.answered(this);
    // The answer crossed the CANCEL: whoever gave up is gone, so the call ends at once.
    const givenUpBy = this.#setup?.cancelledBy;
    if (givenUpBy !== undefined) await this.conversation.bye(givenUpBy, '');
  }

  #settle(outcome: Outcome): void {
    this.result ??= outcome;
    this.#outcome.resolve(outcome);
  }

  #refused({ status, reason }: SipResponse): void {
    const by = this.#setup?.cancelledBy;
    this.#settle(by === undefined ? { kind: 'refused', status, reason } : { kind: 'cancelled', by, status, reason });
    this.conversation.end(by ?? 'business', `${status} ${reason}`, undefined);
  }

  #repeated(response: SipResponse): void {
    const tag = parameter(header(response, 'To') ?? '', 'tag');
    const { leg } = this.conversation;
    // Unusable answer: Meta sends no ACK, however often it comes.
    if (leg === undefined || this.#answeredInvite === undefined) return;
    if (tag === leg.remoteTag) void leg.acknowledge(this.#answeredInvite);
    else this.journal.find({ code: 'second_answer', detail: `a second 200 OK came with the To tag ${tag}` });
  }
}
