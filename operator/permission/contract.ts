// SPDX-License-Identifier: Apache-2.0
// What a proxy asks the operator before a call to a user, and what it hears.
import * as z from 'zod';

/** Where the operator that leads is asked, and the word that whoever asks must know. */
export const door = z.object({ url: z.url(), key: z.string().min(1) });

export type Door = z.infer<typeof door>;

/** Key of the door in the snapshot's Secret. */
export const DOOR_KEY = 'operator.json';

export const question = z.object({
  /** NAMESPACE/NAME of the SipRoute that the call takes. */
  route: z.string().min(1),
  /** Digits of the number that calls. */
  number: z.string().regex(/^\d{5,15}$/),
  /** The user as +DIGITS or as a business-scoped id. */
  user: z.string().min(1).max(256),
  /** Whether the call itself asks that the user be sent a request. */
  demanded: z.stringbool(),
});

export type Question = z.infer<typeof question>;

export const answer = z.object({
  /** Unknown: Meta could not be asked, so the call is made, and Meta says then. */
  verdict: z.enum(['Allowed', 'NoPermission', 'UsedUp', 'Unknown']),
  /** With NoPermission, of a request to the user: one was sent; could be; cannot at present; or Meta did not take it. */
  request: z.enum(['Sent', 'Possible', 'NotNow', 'Failed']).optional(),
  /** With UsedUp: until the user may be called again. */
  retryAfterSeconds: z.int().positive().optional(),
  /** Meta's words, where it did not take the request. */
  words: z.string().optional(),
});

export type Answer = z.infer<typeof answer>;
