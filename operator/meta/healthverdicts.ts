// SPDX-License-Identifier: Apache-2.0
// What health_status says of calls. The summary at its top is about messages, so only the entities are read. Pure.
// Source: Meta, Messaging and calling health status.
import { advisory, no, unknown, yes, type Verdict } from '../api/conditions.ts';
import { entryOf } from './codes.ts';
import { guided } from './guide.ts';
import type { HealthEntity, NumberNode } from './node.ts';

const SIP_SERVER_MISSING = 138025;

const entityOf = ({ health_status: health }: NumberNode, type: string): HealthEntity | undefined =>
  health?.entities.find((entity) => entity.entity_type === type);

/** Whether the token's app is one that Meta sends calls to; Meta has no field for "live", so its health is what tells. */
export function judgeApp(number: NumberNode): Verdict {
  const app = entityOf(number, 'APP');
  if (!app) return advisory(unknown('NotShown', 'Meta does not say whether the app is live; in development mode it gets no calls'));
  // A missing SIP server says nothing of the app itself.
  const errors = app.errors.filter(({ error_code: code }) => code !== SIP_SERVER_MISSING);
  const [first] = errors;
  if (first) return no('AppNotLive', guided('AppNotLive', wordsOf(first)));
  if (app.can_send_message === 'BLOCKED') return no('AppNotLive', guided('AppNotLive', 'the app is BLOCKED'));
  return yes('AppLive', 'Meta has nothing against the app');
}

/** Whether Meta itself says that a call would reach our SIP server. */
export function judgeReceiving(number: NumberNode): Verdict {
  const entities = ['PHONE_NUMBER', 'APP'].flatMap((type) => entityOf(number, type) ?? []);
  const told = entities.filter(({ can_receive_call_sip: state }) => state !== undefined);
  const closed = told.find(({ can_receive_call_sip: state }) => state === 'BLOCKED');
  if (closed) return judgeClosed(closed);
  const limited = told.find(({ can_receive_call_sip: state }) => state === 'LIMITED');
  if (limited) return yes('CallsLimited', `Meta says: ${limited.additional_info.join('; ') || 'calls are LIMITED'}`);
  if (told.some(({ can_receive_call_sip: state }) => state === 'AVAILABLE')) return yes('CallsReceivable', 'Meta says that calls reach the SIP server');
  return advisory(unknown('NotShown', 'Meta does not say whether calls would reach the SIP server'));
}

function judgeClosed({ errors, entity_type: type }: HealthEntity): Verdict {
  const [first] = errors;
  if (!first) return no('Unhealthy', `Meta says: calls are BLOCKED for the ${type === 'APP' ? 'app' : 'number'}, without a reason`);
  const entry = entryOf(first.error_code);
  return no(entry?.reason ?? 'Unhealthy', `Meta says: ${wordsOf(first)}${entry ? `. ${entry.cure}` : ''}`);
}

const wordsOf = (error: HealthEntity['errors'][number]): string =>
  `${[error.error_description, error.possible_solution].filter(Boolean).join(' ')} (code ${error.error_code})`;
