// SPDX-License-Identifier: Apache-2.0
// What a call of either direction is from its answer on: media and the watch over it, requests inside the dialog, the
// end.
import { randomBytes } from 'node:crypto';
import type { RemoteMedia } from '../media/description.ts';
import type { Counters } from '../media/measure.ts';
import { type MediaReport, reportMedia } from '../media/report.ts';
import type { MediaStream } from '../media/stream.ts';
import { notFound, type Status } from './context.ts';
import type { Journal } from './journal.ts';
import type { DialogLeg } from './leg.ts';
import { header, type SipRequest } from './message.ts';
import type { CallTimings, Ending } from './outcome.ts';

/** A WhatsApp call id. */
export function newWacid(): string {
  return `wacid.HBgL${randomBytes(36).toString('base64').replaceAll('=', '')}`;
}

export class Conversation {
  readonly wacid = newWacid();
  readonly #journal: Journal;
  timings: CallTimings;
  readonly #ended = Promise.withResolvers<Ending>();
  #state: 'set-up' | 'talking' | 'hanging up' | 'over' = 'set-up';
  #leg: DialogLeg | undefined;
  #confirmed: Promise<unknown> = Promise.resolve();
  #media: MediaStream | undefined;
  #answeredAtMs: number | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(journal: Journal, timings: CallTimings) {
    this.#journal = journal;
    this.timings = timings;
  }

  get state(): 'set-up' | 'talking' | 'hanging up' | 'over' {
    return this.#state;
  }

  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  /** Undefined until it is answered. */
  get leg(): DialogLeg | undefined {
    return this.#leg;
  }

  get stream(): MediaStream {
    if (this.#media === undefined) throw new Error('the call has no media: no INVITE got that far');
    return this.#media;
  }

  mark(): Counters {
    return this.stream.counters();
  }

  media(since?: Counters): MediaReport {
    return reportMedia(this.stream, this.#answeredAtMs ?? this.#journal.startedAtMs, since);
  }

  /** Takes the sockets, and closes them at once where the call was abandoned while they were bound. */
  take(media: MediaStream): void {
    this.#media = media;
    if (this.#state === 'over') media.close();
  }

  /** There is a dialog; BYE waits until `confirmed`. */
  answered(leg: DialogLeg, confirmed: Promise<unknown>): void {
    this.#state = 'talking';
    this.#leg = leg;
    this.#confirmed = confirmed;
    this.#answeredAtMs = performance.now();
  }

  /** Since the call began; 0 until it is answered. */
  get setupMs(): number {
    return (this.#answeredAtMs ?? this.#journal.startedAtMs) - this.#journal.startedAtMs;
  }

  /** Media runs, and its absence ends the call; nothing where somebody has hung up meanwhile. */
  start(remote: RemoteMedia): void {
    if (this.#state !== 'talking') return;
    this.stream.start(remote);
    this.#watchdog = setInterval(() => this.#watchMedia(), 250);
  }

  /** Answers a request of the business inside the dialog; `check` gives the answer to one that is against the rules. */
  answer(request: SipRequest, check: (request: SipRequest) => Status | undefined): Status {
    this.#journal.note(`${request.method} received`);
    if (this.#state === 'over' || this.#leg?.owns(request) !== true) {
      this.#journal.find({ code: 'unknown_in_dialog', detail: `${request.method} for a dialog that does not exist` });
      return notFound;
    }
    if (request.method !== 'BYE') this.#journal.inDialogRequests.push(request);
    const refused = check(request);
    if (refused) return refused;
    if (request.method === 'INVITE') return { code: 500, reason: 'Server Internal Error' };
    if (request.method !== 'BYE') return { code: 405, reason: 'Method Not Allowed' };
    if (this.#state === 'talking') this.end('business', header(request, 'Reason') ?? 'BYE', undefined);
    return { code: 200, reason: 'OK' };
  }

  /** Hangs up, once there is something to hang up. */
  async bye(by: 'user' | 'meta', reason: string): Promise<void> {
    if (this.#state !== 'talking' || this.#leg === undefined) return;
    this.#state = 'hanging up';
    this.#silence();
    const seconds = Math.floor((performance.now() - (this.#answeredAtMs ?? performance.now())) / 1000);
    const extra = [
      { name: 'x-wa-meta-wacid', value: this.wacid },
      { name: 'x-wa-meta-call-duration', value: String(seconds) },
      ...(reason === '' ? [] : [{ name: 'Reason', value: reason }]),
    ];
    await this.#confirmed;
    const status = await this.#leg.bye(extra, this.timings.transactionTimeoutMs);
    this.end(by, reason === '' ? 'BYE' : reason, status);
  }

  end(by: Ending['by'], reason: string, byeStatus: number | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const durationMs = this.#answeredAtMs === undefined ? 0 : performance.now() - this.#answeredAtMs;
    this.#silence();
    this.#journal.note(`ended by ${by}: ${reason}`);
    this.#ended.resolve({ by, reason, durationMs, byeStatus });
  }

  #watchMedia(): void {
    const { firstAtMs, lastAtMs } = this.stream.reception.times;
    const sinceAnswerMs = performance.now() - (this.#answeredAtMs ?? performance.now());
    const silentMs = lastAtMs === undefined ? sinceAnswerMs : Math.min(sinceAnswerMs, performance.now() - lastAtMs);
    const { firstMediaTimeoutMs, mediaTimeoutMs } = this.timings;
    const silent = firstAtMs === undefined ? sinceAnswerMs > firstMediaTimeoutMs : silentMs > mediaTimeoutMs;
    if (!silent) return;
    this.stream.reportMissing();
    void this.bye('meta', 'SIP;cause=408;text="RTP timeout: no media received from the business"');
  }

  #silence(): void {
    clearInterval(this.#watchdog);
    this.#media?.close();
  }
}
