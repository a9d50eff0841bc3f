// SPDX-License-Identifier: Apache-2.0
// GET /{PNID}/call_permissions: whether a user may be called or asked. Source: "User call permissions".
import { hasBusinessCalls, mustHaveCalling, pauseOfBusinessCalls } from '../calling.ts';
import { connectedCallsPerDay, Consent, consentLimits, type Permission, type Usage } from '../consent.ts';
import { invalidParameter } from '../errors.ts';
import type { NumberState } from '../number.ts';
import type { GraphState } from '../state.ts';
import type { Context } from './endpoint.ts';

/** A stranger reads like a user who has permitted nothing. */
export function readPermissions(number: NumberState, { state, request, limits }: Context): object {
  const now = state.now();
  limits.takePermissionRead(number.phoneNumberID, now);
  mustHaveCalling(number);
  const consent = consentOf(state, number, request.query);
  const permission = consent.permission(now);
  const allowed = hasBusinessCalls(number) && pauseOfBusinessCalls(number, now) === undefined;
  const { requestsPerDay, requestsPerWeek } = consentLimits(number);
  const { day, week } = consent.requests(now);
  const requests = [limit('PT24H', day, requestsPerDay), limit('P7D', week, requestsPerWeek)];
  const calls = [limit('PT24H', consent.connectedCalls(now), connectedCallsPerDay)];
  return {
    messaging_product: 'whatsapp',
    permission: shown(permission),
    actions: [
      action('send_call_permission_request', allowed && permission.grant !== 'permanent', requests),
      action('start_call', allowed && permission.grant !== 'none', calls),
    ],
  };
}

/** Assumed: of both parameters the phone number wins, as it does where messages are sent. */
function consentOf(state: GraphState, number: NumberState, query: URLSearchParams): Consent {
  const waId = query.get('user_wa_id');
  if (waId !== null && !/^\d{5,15}$/.test(waId)) throw invalidParameter('Param user_wa_id: is not digits only');
  const key = waId === null ? query.get('recipient') : `+${waId}`;
  if (key === null || key === '') throw invalidParameter('Param user_wa_id or recipient is required');
  const user = state.user(key);
  return user ? state.consent(number, user) : new Consent();
}

function shown({ grant, expiresAt }: Permission): object {
  const status = grant === 'none' ? 'no_permission' : grant;
  return { status, ...(expiresAt === undefined ? {} : { expiration_time: Math.floor(expiresAt / 1000) }) };
}

interface ShownLimit {
  readonly time_period: string;
  readonly max_allowed: number;
  readonly current_usage: number;
  /** Unix seconds; of an exhausted one only. */
  readonly limit_expiration_time?: number;
}

function limit(period: string, usage: Usage, allowed: number): ShownLimit {
  const regained = usage.regainedAt(allowed);
  return {
    time_period: period,
    max_allowed: allowed,
    current_usage: usage.count,
    ...(regained === undefined ? {} : { limit_expiration_time: Math.ceil(regained / 1000) }),
  };
}

function action(name: string, allowed: boolean, limits: readonly ShownLimit[]): object {
  const left = limits.every(({ current_usage: used, max_allowed: most }) => used < most);
  return { action_name: name, can_perform_action: allowed && left, limits };
}
