// SPDX-License-Identifier: Apache-2.0
// How a call went, in the words a test asserts on.
import type { CodecName } from '../media/codecs.ts';
import type { KeyExchange } from '../media/keying.ts';
import type { DialFailure } from './dial.ts';
import type { TransactionError } from './endpoint.ts';
import type { Header } from './message.ts';

/** Why Meta sends no INVITE at all; the user's call just drops. */
export type PlanFailure =
  | 'unknown_number' | 'number_not_connected' | 'calling_disabled' | 'calling_restricted' | 'sip_disabled'
  | 'no_sip_server' | 'app_in_development' | 'app_not_authorized';

export type CallFailure =
  | PlanFailure | DialFailure | TransactionError['failure']
  /** The 200 OK cannot make a dialog or a media session; `findings` of the call says why. */
  | 'bad_answer';

export type Outcome =
  /** `setupMs` runs from the first INVITE to the 200 OK, the digest round included. */
  | { readonly kind: 'answered'; readonly status: number; readonly reason: string; readonly setupMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** Given up before an answer: by the user (`cancel`), or by Meta because nobody answered in time. */
  | { readonly kind: 'cancelled'; readonly by: 'user' | 'meta'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: CallFailure; readonly detail: string };

/** The same of a business-initiated call; 486 and 480 are the user's, the rest is Meta's. */
export type BusinessOutcome =
  /** `setupMs` runs from the first INVITE to the 200 OK, the challenge and the ringing included. */
  | { readonly kind: 'answered'; readonly status: number; readonly reason: string; readonly setupMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** Given up by the business before an answer. */
  | { readonly kind: 'cancelled'; readonly status: number; readonly reason: string };

export interface Ending {
  /** Who ended it; Meta is the one when a time ran out or something failed. */
  readonly by: 'user' | 'business' | 'meta';
  readonly reason: string;
  /** From answer to end; 0 when it was never answered. */
  readonly durationMs: number;
  /** The answer to our BYE, when we sent one that was answered. */
  readonly byeStatus: number | undefined;
}

/** Where Meta dials and with which secret: from the number's settings, or given by the test. */
export interface CallPlan {
  readonly businessNumber: string;
  readonly hostname: string;
  readonly port: number;
  readonly userParameters: Readonly<Record<string, string>>;
  readonly password: string;
  readonly codecs: readonly CodecName[];
  readonly keyExchange: KeyExchange;
}

export interface CallTimings {
  /** Until CANCEL when nobody answers. */
  readonly answerTimeoutMs: number;
  /** 64·T1: until a transaction without any answer has failed. */
  readonly transactionTimeoutMs: number;
  /** Without first media from the business. */
  readonly firstMediaTimeoutMs: number;
  /** Without RTP or RTCP from the business later on. */
  readonly mediaTimeoutMs: number;
  readonly reportIntervalMs: number;
}

/** Meta's figures; the answer timeout is an assumption, since none is published for SIP. */
export const metaTimings: CallTimings = {
  answerTimeoutMs: 45_000,
  transactionTimeoutMs: 32_000,
  firstMediaTimeoutMs: 20_000,
  mediaTimeoutMs: 30_000,
  reportIntervalMs: 4000,
};

export interface CallOptions {
  /** The business number, E.164 with `+`. */
  readonly to: string;
  /** The user: E.164 with `+`, or a business-scoped user id. */
  readonly from?: string;
  /** Business-scoped user id for `x-wa-meta-user-id`. */
  readonly userId?: string;
  /** Where Meta's connection comes from. */
  readonly sourceAddress?: string;
  /** What to offer; without it Opus and the number's additional codecs. */
  readonly codecs?: readonly CodecName[];
  /** Instead of what the number's settings say, which is SDES for a number that Meta does not know. */
  readonly keyExchange?: KeyExchange;
  /** Hertz of the user's voice. */
  readonly tone?: number;
  /** Instead of the password Meta made. */
  readonly password?: string;
  /** Dial this, whatever the settings of the number are (and though Meta may not know the number). */
  readonly server?: { readonly hostname: string; readonly port?: number };
  /** Further headers of the INVITE, e.g. x-wa-meta-cta-payload. */
  readonly headers?: readonly Header[];
  readonly timings?: Partial<CallTimings>;
  /** Use a connection to the same server that is still open, instead of a new one for this call. */
  readonly reuseConnection?: boolean;
  /** Send ACK and BYE on a new connection each, instead of on the one of the INVITE. */
  readonly reconnectInDialog?: boolean;
  /** Send media at the answer at once, instead of after the first packet of the business. */
  readonly userSendsFirst?: boolean;
}
