// SPDX-License-Identifier: Apache-2.0
// POST /{PNID}/messages, for the one message that calls need: the request for a call permission.
// Source: "User call permissions".
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { UserState } from '../../user.ts';
import { hasBusinessCalls, mustHaveCalling, pauseOfBusinessCalls } from '../calling.ts';
import { type Consent, consentLimits } from '../consent.ts';
import { GraphError, invalidParameter } from '../errors.ts';
import type { NumberState } from '../number.ts';
import { parseOrRefuse } from '../parse.ts';
import { readJson } from '../request.ts';
import type { Context } from './endpoint.ts';

const permissionRequest = z.object({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').default('individual'),
  to: z.string().regex(/^\+?\d{5,15}$/, 'is not a phone number').optional(),
  recipient: z.string().min(1).optional(),
  type: z.literal('interactive'),
  // Header and footer are for templates only.
  interactive: z.strictObject({
    type: z.literal('call_permission_request'),
    action: z.object({ name: z.literal('call_permission_request') }),
    body: z.object({ text: z.string().min(1) }).optional(),
  }),
});

type Message = z.infer<typeof permissionRequest>;

export function sendMessage(number: NumberState, { state, request }: Context): object {
  const message = parseOrRefuse(permissionRequest, readJson(request));
  const now = state.now();
  mustBeAbleToAsk(number, now);
  const input = addressee(message);
  const user = state.user(message.to === undefined ? input : `+${input.replace('+', '')}`);
  // Somebody who is not on WhatsApp has not written either.
  if (user === undefined) throw outsideWindow();
  const consent = state.consent(number, user);
  mustBeAskable(number, consent, now);
  consent.asked(now);
  const id = record(number, user, message, now);
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input, wa_id: user.phoneNumber.replace('+', ''), user_id: user.userId }],
    messages: [{ id }],
  };
}

/** Of both, `to` wins. */
function addressee({ to, recipient }: Message): string {
  const addressed = to ?? recipient;
  if (addressed === undefined) throw invalidParameter('Param to or recipient is required');
  return addressed;
}

/** Throws GraphError 138000, 138014 or 138013. */
function mustBeAbleToAsk(number: NumberState, now: number): void {
  mustHaveCalling(number);
  const pause = pauseOfBusinessCalls(number, now);
  if (pause) throw refusal(138014, 'Calling is paused', `Business-initiated calling is paused: ${pause.reason}`);
  if (hasBusinessCalls(number)) return;
  const details = `Business-initiated calling is not available for phone numbers of ${number.countryCode}`;
  throw refusal(138013, 'Business initiated calling is not available', details);
}

/** Throws GraphError 138017, 138009 or 131047. That they are looked at in this order is assumed. */
function mustBeAskable(number: NumberState, consent: Consent, now: number): void {
  if (consent.permission(now).grant === 'permanent') {
    throw refusal(138017, 'Permanent permission exists', 'The user has already granted a permanent call permission');
  }
  const { requestsPerDay, requestsPerWeek } = consentLimits(number);
  const { day, week } = consent.requests(now);
  if (day.count >= requestsPerDay || week.count >= requestsPerWeek) {
    const details = `${requestsPerDay} call permission requests in 24 hours and ${requestsPerWeek} in 7 days are allowed`;
    throw refusal(138009, 'Call permission request limit reached', details);
  }
  if (!consent.isWindowOpen(now)) throw outsideWindow();
}

function record(number: NumberState, user: UserState, { interactive }: Message, now: number): string {
  const id = `wamid.${randomBytes(24).toString('base64url')}`;
  number.permissionRequests.push({
    id, to: user.phoneNumber, userId: user.userId, text: interactive.body?.text, sentAt: now,
  });
  return id;
}

function outsideWindow(): GraphError {
  const details = 'Message failed to send because more than 24 hours have passed since the customer last replied '
    + 'to this number.';
  return refusal(131047, 'Re-engagement message', details);
}

function refusal(code: number, title: string, details: string): GraphError {
  return new GraphError({ status: 400, code }, title, details);
}
