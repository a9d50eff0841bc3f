// SPDX-License-Identifier: Apache-2.0
// A WhatsApp user whom a business can call, and what that user does when the phone rings.
import type { CallTimings } from './sip/outcome.ts';

export interface UserTraits {
  /** Business-scoped user id (BSUID), by which the user can be called too. */
  userId: string;
  /** Hertz of the user's voice. */
  tone: number;
  /** `declines` is 486; `ignores` rings out and `unreachable` never rings, which are both 480. */
  answers: 'accepts' | 'declines' | 'ignores' | 'unreachable';
  /** Until the user accepts or declines. */
  afterMs: number;
  /** Whether Meta says 180. */
  rings: boolean;
  /** Until a call that nobody took ends with 480; Meta publishes no figure. */
  ringMs: number;
  timings: Partial<CallTimings>;
  /** Send BYE on a new connection instead of on the one of the INVITE. */
  reconnectInDialog: boolean;
  /** Send media at the answer at once, instead of after the first packet of the business. */
  userSendsFirst: boolean;
}

/** `phoneNumber` is E.164 with `+`. */
export type UserInput = { readonly phoneNumber: string } & Partial<UserTraits>;

export interface UserState extends UserTraits {
  readonly phoneNumber: string;
}

/** Somebody who takes every call after a moment, unless `input` says otherwise. */
export function newUser(input: UserInput): UserState {
  return {
    userId: input.phoneNumber.replace('+', 'US.'),
    tone: 440,
    answers: 'accepts',
    afterMs: 300,
    rings: true,
    ringMs: 60_000,
    timings: {},
    reconnectInDialog: false,
    userSendsFirst: false,
    ...input,
  };
}
