// SPDX-License-Identifier: Apache-2.0
// One business-initiated call, from its first INVITE to its end.
import { randomInt, randomUUID } from 'node:crypto';
import type { Admission } from '../../admit.ts';
import { buildAnswer } from '../../media/offered.ts';
import type { UserState } from '../../user.ts';
import type { SipConnection } from '../connection.ts';
import { type CallContext, notFound, type Status } from '../context.ts';
import { checkInDialog, checkParties, type Dialog, establishAnswered } from '../dialog.ts';
import { DialogLeg } from '../leg.ts';
import { cseq, header, type Header, type SipRequest, type SipResponse, topBranch } from '../message.ts';
import { type BusinessOutcome, type Ending, metaTimings } from '../outcome.ts';
import { answeringContact } from '../requests.ts';
import { parseUri, uriOf } from '../uri.ts';
import { UserEnd } from '../userend.ts';
import { repeatUntilAcknowledged } from './repeat.ts';
import { answer, challenged, dialogMaking, trying } from './responses.ts';

export class BusinessCall extends UserEnd {
  readonly callId: string;
  /** The user parts of From and of the request URI, as the first INVITE had them. */
  readonly from: string;
  readonly to: string;
  /** Both parties, once Meta has let the call through. */
  admission: Admission | undefined;
  /** How the set-up went, once it is over. */
  result: BusinessOutcome | undefined;

  readonly #context: CallContext;
  readonly #tag = randomUUID();
  readonly #outcome = Promise.withResolvers<BusinessOutcome>();
  readonly #acknowledged = Promise.withResolvers<void>();
  /** Branches of INVITEs that got a failure, whose ACKs end there. */
  readonly #failed = new Set<string>();
  #invite: SipRequest;
  #connection: SipConnection;
  #highest = -1;
  /** The final answer to `#invite` is still owed. */
  #pending = true;
  #ringing: NodeJS.Timeout | undefined;
  #stopRepeating: () => void = () => {};

  constructor(context: CallContext, invite: SipRequest, connection: SipConnection) {
    super(metaTimings);
    this.#context = context;
    this.#invite = invite;
    this.#connection = connection;
    this.#watch(connection);
    this.callId = header(invite, 'Call-ID') ?? '';
    this.from = parseUri(uriOf(header(invite, 'From') ?? ''))?.user ?? '';
    this.to = parseUri(invite.uri)?.user ?? '';
  }

  /** Every INVITE of the call, the one without credentials included. */
  get invites(): readonly SipRequest[] {
    return this.journal.invites;
  }

  get outcome(): Promise<BusinessOutcome> {
    return this.#outcome.promise;
  }

  protected giveUp(): void {
    this.#missed(486, 'Busy Here');
  }

  /** Whether the call has not yet seen so high a CSeq. */
  isBehind(request: SipRequest): boolean {
    return cseq(request).number > this.#highest;
  }

  /** Takes an INVITE outside the dialog: the first, or another try. What it answers itself is against the rules. */
  takes(invite: SipRequest, connection: SipConnection): boolean {
    const { number } = cseq(invite);
    this.journal.invites.push(invite);
    this.journal.note('INVITE received');
    if (!this.isBehind(invite)) {
      const detail = `INVITE has the CSeq ${number} after ${this.#highest}`;
      this.journal.find({ code: 'cseq_not_higher', detail });
      this.#deny(invite, connection, { code: 500, reason: 'Server Internal Error' });
      return false;
    }
    this.#highest = number;
    if (this.admission !== undefined) {
      this.journal.find({ code: 'invite_in_call', detail: 'a second INVITE without To tag came in a call' });
      this.#deny(invite, connection, { code: 482, reason: 'Loop Detected' }); // RFC 3261 §8.2.2.2
      return false;
    }
    this.#invite = invite;
    if (connection !== this.#connection) this.#watch(connection);
    this.#connection = connection;
    this.#pending = true;
    return true;
  }

  challenge(challenges: readonly Header[]): void {
    this.#pending = false;
    this.#failed.add(topBranch(this.#invite));
    this.#send(challenged(this.#invite, challenges));
  }

  /** Meta does not put the call through. */
  refuse(status: Status): void {
    this.#fail(status, { kind: 'refused', status: status.code, reason: status.reason }, 'meta');
  }

  /** Meta puts the call through: the user's phone does what it does. */
  async ring(admission: Admission): Promise<void> {
    const { user } = admission;
    const dialog = establishAnswered(this.#invite, this.#tag);
    if ('code' in dialog) {
      this.journal.find(dialog);
      this.refuse({ code: 400, reason: `Bad Request: ${dialog.detail}` });
      return;
    }
    this.admission = admission;
    this.conversation.timings = { ...metaTimings, ...user.timings };
    this.#send(trying(this.#invite));
    const media = await this.#context.openMedia({
      keyExchange: 'dtls' in admission.offer ? 'DTLS' : 'SDES',
      journal: this.journal,
      tone: user.tone,
      waitForBusiness: !user.userSendsFirst,
      reportIntervalMs: this.conversation.timings.reportIntervalMs,
    });
    this.conversation.take(media);
    if (!this.#pending) return; // cancelled while the sockets were bound
    if (user.answers === 'unreachable') {
      this.#missed(480, 'Temporarily Unavailable');
      return;
    }
    if (user.rings) this.#send(this.#dialogMaking({ code: 180, reason: 'Ringing' }));
    const [afterMs, react] = this.#reaction(user, admission, dialog);
    this.#ringing = setTimeout(react, afterMs);
  }

  /** Answers CANCEL, and then the INVITE that it ends; once that has a final answer CANCEL changes nothing. */
  cancel(request: SipRequest, connection: SipConnection): void {
    this.journal.note('CANCEL received');
    const matches = topBranch(request) === topBranch(this.#invite) && cseq(request).number === cseq(this.#invite).number
      && request.uri === this.#invite.uri;
    if (!matches) {
      this.journal.find({ code: 'cancel_unmatched', detail: 'CANCEL is not for the INVITE that is open' });
      connection.send(answer(request, { code: 481, reason: 'Call/Transaction Does Not Exist' }, this.#tag));
      return;
    }
    connection.send(answer(request, { code: 200, reason: 'OK' }, this.#tag));
    const terminated = { code: 487, reason: 'Request Terminated' };
    this.#fail(terminated, { kind: 'cancelled', status: terminated.code, reason: terminated.reason }, 'business');
  }

  acknowledge(request: SipRequest): void {
    this.journal.note('ACK received');
    if (this.#failed.has(topBranch(request))) return;
    const { number } = cseq(request);
    const wanted = cseq(this.#invite).number;
    if (this.conversation.leg?.owns(request) !== true || number !== wanted) {
      const detail = `ACK with the CSeq ${number} is for no answer of the call (INVITE had ${wanted})`;
      this.journal.find({ code: 'ack_wrong', detail });
      return;
    }
    const wrong = checkInDialog(request, this.#contact) ?? checkParties(request, this.#invite);
    if (wrong) {
      this.journal.find(wrong);
      return;
    }
    this.#stopRepeating();
    this.#acknowledged.resolve();
  }

  /** Answers a request inside the dialog. */
  handle(request: SipRequest): Status {
    const status = this.conversation.answer(request, () => this.#check(request));
    if (request.method === 'INVITE') this.#failed.add(topBranch(request));
    if (!this.active) this.#stopRepeating();
    return status;
  }

  /** Lets go of sockets and timers without a word to the other side. */
  abandon(): void {
    this.#pending = false;
    clearTimeout(this.#ringing);
    this.#stopRepeating();
    this.conversation.end('meta', 'the simulator was closed', undefined);
  }

  #watch(connection: SipConnection): void {
    void connection.closed.then(() => this.journal.note(`connection to ${connection.peer} closed`));
  }

  #check(request: SipRequest): Status | undefined {
    const { number } = cseq(request);
    if (!this.isBehind(request)) {
      const detail = `${request.method} has the CSeq ${number} after ${this.#highest}`;
      this.journal.find({ code: 'cseq_not_higher', detail });
      return { code: 500, reason: 'Server Internal Error' }; // RFC 3261 §12.2.2
    }
    this.#highest = number;
    const wrong = checkInDialog(request, this.#contact) ?? checkParties(request, this.#invite);
    if (wrong === undefined) return undefined;
    this.journal.find(wrong);
    return notFound;
  }

  get #contact(): string {
    return answeringContact(this.to);
  }

  #reaction(user: UserState, admission: Admission, dialog: Dialog): [afterMs: number, react: () => void] {
    const ringOut: [number, () => void] = [user.ringMs, () => this.#missed(480, 'Temporarily Unavailable')];
    if (user.answers === 'ignores' || user.afterMs >= user.ringMs) return ringOut;
    if (user.answers === 'declines') return [user.afterMs, () => this.#missed(486, 'Busy Here')];
    return [user.afterMs, () => this.#accept(admission, dialog)];
  }

  #accept(admission: Admission, dialog: Dialog): void {
    const { offer, user } = admission;
    const { endpoint, sourceAddress } = this.#context;
    const sdp = buildAnswer(offer, this.conversation.stream.local);
    const response = this.#dialogMaking({ code: 200, reason: 'OK' }, sdp);
    const leg = new DialogLeg({
      endpoint, dialog, sourceAddress, connection: this.#connection, journal: this.journal,
      sequence: randomInt(1, 30_000), reconnect: user.reconnectInDialog,
    });
    this.#pending = false;
    this.#stopRepeating = repeatUntilAcknowledged({
      timeoutMs: this.conversation.timings.transactionTimeoutMs,
      send: () => this.#send(response),
      givenUp: () => this.#neverAcknowledged(),
    });
    this.conversation.answered(leg, this.#acknowledged.promise);
    this.conversation.start(offer);
    admission.connected();
    const { setupMs } = this.conversation;
    this.#settle({ kind: 'answered', status: response.status, reason: response.reason, setupMs });
  }

  #neverAcknowledged(): void {
    this.journal.find({ code: 'no_ack', detail: `no ACK in ${this.conversation.timings.transactionTimeoutMs} ms` });
    this.#acknowledged.resolve();
    void this.conversation.bye('meta', 'SIP;cause=408;text="no ACK"');
  }

  /** The user did not take the call. */
  #missed(code: 480 | 486, reason: string): void {
    if (!this.#pending) return;
    this.admission?.missed();
    this.#fail({ code, reason }, { kind: 'refused', status: code, reason }, 'user');
  }

  #fail(status: Status, outcome: BusinessOutcome, by: Ending['by']): void {
    if (!this.#pending) return;
    this.#pending = false;
    clearTimeout(this.#ringing);
    this.#failed.add(topBranch(this.#invite));
    this.#send(answer(this.#invite, status, this.#tag));
    this.#settle(outcome);
    this.conversation.end(by, `${status.code} ${status.reason}`, undefined);
  }

  #settle(outcome: BusinessOutcome): void {
    this.result = outcome;
    this.#outcome.resolve(outcome);
  }

  #dialogMaking(status: Status, sdp?: string): SipResponse {
    const dialog = { tag: this.#tag, contact: this.#contact, ...(sdp === undefined ? {} : { sdp }) };
    return dialogMaking(this.#invite, status, dialog);
  }

  /** Refuses one INVITE and leaves the call as it is. */
  #deny(invite: SipRequest, connection: SipConnection, status: Status): void {
    this.#failed.add(topBranch(invite));
    this.#log(answer(invite, status, randomUUID()), connection);
  }

  #send(response: SipResponse): void {
    this.#log(response, this.#connection);
  }

  #log(response: SipResponse, connection: SipConnection): void {
    this.journal.responses.push(response);
    const sent = connection.open ? '' : ' not sent: the connection of the INVITE is closed';
    this.journal.note(`${response.status} ${response.reason}${sent}`);
    if (connection.open) connection.send(response);
  }
}
