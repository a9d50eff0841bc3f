// SPDX-License-Identifier: Apache-2.0
// One user-initiated call, from the dial to its end.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Counters } from '../media/measure.ts';
import { type MediaReport, reportMedia } from '../media/report.ts';
import { buildOffer, parseAnswer, SdpError } from '../media/sdp.ts';
import type { MediaStream } from '../media/stream.ts';
import type { SipConnection } from './connection.ts';
import { DialError, type PeerCertificate, peerCertificate } from './dial.ts';
import { checkInDialog, establish } from './dialog.ts';
import { type SipEndpoint, TransactionError } from './endpoint.ts';
import { Journal } from './journal.ts';
import { DialogLeg } from './leg.ts';
import { header, parameter, type SipRequest, type SipResponse } from './message.ts';
import {
  type CallFailure, type CallOptions, type CallPlan, type CallTimings, type Ending, metaTimings, type Outcome,
} from './outcome.ts';
import { type InviteInput, metaContact } from './requests.ts';
import { CallSetup, type SetupResult } from './setup.ts';

export interface CallContext {
  readonly endpoint: SipEndpoint;
  /** Where calls come from unless the call says otherwise. */
  readonly sourceAddress: string;
  openMedia(options: { tone: number; waitForBusiness: boolean; reportIntervalMs: number }): Promise<MediaStream>;
}

/** An answer to a request of the business. */
export interface Status {
  readonly code: number;
  readonly reason: string;
}

export class Call {
  readonly wacid = `wacid.HBgL${randomBytes(36).toString('base64').replaceAll('=', '')}`;
  readonly callId = `outgoing:${this.wacid}`;
  readonly journal = new Journal();
  readonly from: string;
  /** The certificate the gateway showed. */
  certificate: PeerCertificate | undefined;
  /** How the set-up went, once it is over. */
  result: Outcome | undefined;

  readonly #context: CallContext;
  readonly #options: CallOptions;
  readonly #timings: CallTimings;
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #ended = Promise.withResolvers<Ending>();
  #setup: CallSetup | undefined;
  #leg: DialogLeg | undefined;
  #media: MediaStream | undefined;
  #answeredAtMs: number | undefined;
  #cancelledEarly = false;
  #state: 'dialling' | 'talking' | 'hanging up' | 'over' = 'dialling';
  #watchdog: NodeJS.Timeout | undefined;

  constructor(context: CallContext, options: CallOptions) {
    this.#context = context;
    this.#options = options;
    this.#timings = { ...metaTimings, ...options.timings };
    this.from = options.from ?? '+15550002222';
  }

  /** How the set-up went; never rejects for anything the other side did. */
  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** Resolves when the call is over, also when it was never answered. */
  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  /** Counters now, to be given to `media` later. Throws before the first INVITE. */
  mark(): Counters {
    return this.#stream().counters();
  }

  /** Media so far, or since a mark. Throws before the first INVITE. */
  media(since?: Counters): MediaReport {
    return reportMedia(this.#stream(), this.#answeredAtMs ?? this.journal.startedAtMs, since);
  }

  /** The user presses a key, 0 to 9. */
  press(digit: number): void {
    this.#stream().press(digit);
  }

  /** The user gives up before the answer. */
  cancel(): void {
    this.#cancelledEarly = true;
    this.#setup?.cancel('user');
  }

  /** The user hangs up: BYE, or CANCEL when not yet answered. Resolves when the call is over. */
  hangup(): Promise<Ending> {
    if (this.#state === 'dialling') this.cancel();
    else void this.#bye('user', '');
    return this.ended;
  }

  /** Dials; called once. */
  async run(plan: CallPlan): Promise<void> {
    try {
      const connection = await this.#connect(plan);
      const result = await this.#invite(plan, connection);
      if (result.response.status >= 300) this.#refused(result.response);
      else if (this.#establish(result, connection)) await this.#answered(result.response, plan);
    } catch (error) {
      if (error instanceof DialError || error instanceof TransactionError) this.fail(error.failure, error.message);
      else this.#outcome.reject(error);
    }
  }

  /** Ends the set-up without an answer of the business. */
  fail(failure: CallFailure, detail: string): void {
    this.journal.note(`failed: ${failure}: ${detail}`);
    this.#settle({ kind: 'failed', failure, detail });
    this.#end('meta', failure, undefined);
  }

  /** Answers a request of the business that carries this call's Call-ID. */
  handle(request: SipRequest): Status {
    this.journal.note(`${request.method} received`);
    if (this.#state === 'over' || this.#leg?.owns(request) !== true) {
      this.journal.find({ code: 'unknown_in_dialog', detail: `${request.method} for a dialog that does not exist` });
      return { code: 404, reason: 'Not Found' };
    }
    if (request.method !== 'BYE') {
      this.journal.inDialogRequests.push(request);
      if (request.method === 'INVITE') return { code: 500, reason: 'Server Internal Error' };
      return { code: 405, reason: 'Method Not Allowed' };
    }
    const wrong = checkInDialog(request, metaContact(this.from));
    if (wrong) {
      this.journal.find(wrong);
      return { code: 404, reason: 'Not Found' };
    }
    if (this.#state === 'talking') this.#end('business', header(request, 'Reason') ?? 'BYE', undefined);
    return { code: 200, reason: 'OK' };
  }

  /** Lets go of sockets and timers without a word to the other side. */
  abandon(): void {
    if (this.#state !== 'over') this.fail('connection_closed', 'the simulator was closed');
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
    this.#media = await this.#context.openMedia({
      tone: this.#options.tone ?? 440,
      waitForBusiness: this.#options.userSendsFirst !== true,
      reportIntervalMs: this.#timings.reportIntervalMs,
    });
    if (this.#state === 'over') this.#media.close(); // abandoned while the sockets were bound
    this.#setup = new CallSetup({
      endpoint: this.#context.endpoint,
      connection,
      journal: this.journal,
      timings: this.#timings,
      repeated: (response) => this.#repeated(response),
    });
    if (this.#cancelledEarly) this.#setup.cancel('user');
    return this.#setup.run(plan, this.#inviteInput(plan, this.#media));
  }

  #establish({ invite, response }: SetupResult, connection: SipConnection): boolean {
    const dialog = establish(invite, response);
    if ('code' in dialog) {
      this.journal.find(dialog);
      this.fail('bad_answer', dialog.detail); // no ACK, and a BYE of the business will be unknown
      return false;
    }
    const { endpoint } = this.#context;
    this.#leg = new DialogLeg({ endpoint, dialog, invite, connection, journal: this.journal, ...this.#route() });
    return true;
  }

  #route(): { sourceAddress: string; reconnect: boolean } {
    const { sourceAddress = this.#context.sourceAddress, reconnectInDialog: reconnect = false } = this.#options;
    return { sourceAddress, reconnect };
  }

  #inviteInput(plan: CallPlan, media: MediaStream): Omit<InviteInput, 'cseq'> {
    const { address, port, key, ssrc } = media;
    const sessionId = Math.floor(Date.now() / 1000);
    return {
      businessNumber: plan.businessNumber,
      hostname: plan.hostname,
      userParameters: plan.userParameters,
      from: this.from,
      userId: this.#options.userId ?? this.from.replace('+', 'US.'),
      wacid: this.wacid,
      fromTag: randomUUID(),
      extraHeaders: this.#options.headers ?? [],
      sdp: buildOffer({ address, port, key, ssrc, sessionId, codecs: plan.codecs }),
    };
  }

  async #answered(response: SipResponse, plan: CallPlan): Promise<void> {
    this.#state = 'talking';
    this.#answeredAtMs = performance.now();
    await this.#leg?.acknowledge();
    try {
      this.#stream().start(parseAnswer(response.body.toString(), plan.codecs));
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      this.journal.find({ code: 'bad_sdp_answer', detail: error.message });
      this.#settle({ kind: 'failed', failure: 'bad_answer', detail: error.message });
      await this.#bye('meta', 'SIP;cause=488;text="SDP validation"');
      return;
    }
    const invited = this.journal.timeline.find((entry) => entry.event === 'INVITE sent')?.atMs ?? 0;
    const setupMs = this.#answeredAtMs - this.journal.startedAtMs - invited;
    this.#settle({ kind: 'answered', status: response.status, reason: response.reason, setupMs });
    this.#watchdog = setInterval(() => this.#watchMedia(), 250);
    // The answer crossed the CANCEL: whoever gave up is gone, so the call ends at once.
    if (this.#setup?.cancelledBy !== undefined) await this.#bye(this.#setup.cancelledBy, '');
  }

  #settle(outcome: Outcome): void {
    this.result ??= outcome;
    this.#outcome.resolve(outcome);
  }

  #refused({ status, reason }: SipResponse): void {
    const by = this.#setup?.cancelledBy;
    this.#settle(by === undefined ? { kind: 'refused', status, reason } : { kind: 'cancelled', by, status, reason });
    this.#end(by ?? 'business', `${status} ${reason}`, undefined);
  }

  #repeated(response: SipResponse): void {
    const tag = parameter(header(response, 'To') ?? '', 'tag');
    if (this.#leg === undefined) return; // unusable answer: Meta sends no ACK, however often it comes
    if (tag === this.#leg.remoteTag) void this.#leg.acknowledge();
    else this.journal.find({ code: 'second_answer', detail: `a second 200 OK came with the To tag ${tag}` });
  }

  async #bye(by: 'user' | 'meta', reason: string): Promise<void> {
    if (this.#state !== 'talking' || this.#leg === undefined) return;
    this.#state = 'hanging up';
    this.#silence();
    const seconds = Math.floor((performance.now() - (this.#answeredAtMs ?? performance.now())) / 1000);
    const extra = [
      { name: 'x-wa-meta-wacid', value: this.wacid },
      { name: 'x-wa-meta-call-duration', value: String(seconds) },
      ...(reason === '' ? [] : [{ name: 'Reason', value: reason }]),
    ];
    const status = await this.#leg.bye(extra, this.#timings.transactionTimeoutMs);
    this.#end(by, reason === '' ? 'BYE' : reason, status);
  }

  #watchMedia(): void {
    const { firstAtMs, lastAtMs } = this.#stream().reception.times;
    const sinceAnswerMs = performance.now() - (this.#answeredAtMs ?? performance.now());
    const silentMs = lastAtMs === undefined ? sinceAnswerMs : Math.min(sinceAnswerMs, performance.now() - lastAtMs);
    const { firstMediaTimeoutMs, mediaTimeoutMs } = this.#timings;
    const silent = firstAtMs === undefined ? sinceAnswerMs > firstMediaTimeoutMs : silentMs > mediaTimeoutMs;
    if (silent) void this.#bye('meta', 'SIP;cause=408;text="RTP timeout: no media received from the business"');
  }

  #end(by: Ending['by'], reason: string, byeStatus: number | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const durationMs = this.#answeredAtMs === undefined ? 0 : performance.now() - this.#answeredAtMs;
    this.#silence();
    this.journal.note(`ended by ${by}: ${reason}`);
    this.#ended.resolve({ by, reason, durationMs, byeStatus });
  }

  #silence(): void {
    clearInterval(this.#watchdog);
    this.#media?.close();
  }

  #stream(): MediaStream {
    if (this.#media === undefined) throw new Error('the call has no media: no INVITE was sent');
    return this.#media;
  }
}
