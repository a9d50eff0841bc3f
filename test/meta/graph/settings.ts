// SPDX-License-Identifier: Apache-2.0
// The calling settings of a number: how a write merges, when SIP passwords are made, what a read shows.
import { GraphError, invalidParameter } from './errors.ts';
import type { CallingUpdate, StoredCalling } from './schema.ts';
import { newSipPassword, type NumberState, type SipServer } from './state.ts';

/** Behaviour of Meta that is documented in conflicting ways or seen in the field only; all off by default. */
export interface Quirks {
  /** A write that touches `sip` puts the key exchange back to DTLS unless it sets it too. */
  srtpResetOnSipUpdate: boolean;
  /** What a read shows of a server's port. */
  port: 'integer' | 'string' | 'missing';
  /** What a read shows of times of day. */
  times: 'HHMM' | 'HH:MM' | 'integer';
  /** A server whose hostname or port changes gets a new password. */
  newPasswordOnServerChange: boolean;
}

export const noQuirks: Quirks = {
  srtpResetOnSipUpdate: false,
  port: 'integer',
  times: 'HHMM',
  newPasswordOnServerChange: false,
};

/** Applies a validated write of `appId`. Throws GraphError and changes nothing when the result is not allowed. */
export function applyUpdate(number: NumberState, update: CallingUpdate, appId: string, quirks: Quirks): void {
  const calling = mergeCalling(number.calling, update, quirks);
  const servers = mergeServers(number.servers, update.sip?.servers, appId, quirks);
  checkResult(number, calling, servers);
  number.calling = calling;
  number.servers = servers;
}

function mergeCalling(stored: StoredCalling, update: CallingUpdate, quirks: Quirks): StoredCalling {
  const { sip, ...rest } = update;
  const { servers: _servers, ...sipRest } = sip ?? {};
  const reset = quirks.srtpResetOnSipUpdate && sip !== undefined && update.srtp_key_exchange_protocol === undefined;
  return {
    ...stored,
    ...rest, // call_hours is replaced as a whole, and so are the other members
    ...(sip === undefined ? {} : { sip: { ...stored.sip, ...sipRest } }),
    ...(reset ? { srtp_key_exchange_protocol: 'DTLS' as const } : {}),
  };
}

function mergeServers(
  stored: readonly SipServer[],
  update: NonNullable<CallingUpdate['sip']>['servers'],
  appId: string,
  quirks: Quirks,
): readonly SipServer[] {
  if (update === undefined) return stored;
  const others = stored.filter((server) => server.appId !== appId);
  const [entry] = update;
  if (entry === undefined) return others; // [] deletes only the server of the app that asks
  const own = stored.find((server) => server.appId === appId);
  const moved = own !== undefined && (own.hostname !== entry.hostname || own.port !== entry.port);
  const keep = own !== undefined && !(moved && quirks.newPasswordOnServerChange);
  return [...others, {
    appId,
    hostname: entry.hostname,
    port: entry.port,
    requestUriUserParams: entry.request_uri_user_params,
    password: keep ? own.password : newSipPassword(),
  }];
}

function checkResult(number: NumberState, calling: StoredCalling, servers: readonly SipServer[]): void {
  const sipEnabled = calling.sip?.status === 'ENABLED';
  if (sipEnabled && servers.length === 0) {
    throw invalidParameter('sip.servers cannot be empty while sip.status is ENABLED');
  }
  if (calling.status !== 'ENABLED') return;
  const small = number.messagingLimit === 'TIER_250' || number.messagingLimit === 'UNTIERED';
  if (small && number.accountMode === 'LIVE') {
    const details = 'Calling needs a messaging limit of at least 2000 business-initiated conversations';
    throw new GraphError({ status: 400, code: 138015 }, 'Calling cannot be enabled', details);
  }
  if (!sipEnabled) {
    const details = 'Neither is SIP enabled nor is an app subscribed to the calls webhook field';
    throw new GraphError({ status: 400, code: 138018 }, 'Calling cannot be enabled', details);
  }
  if (number.calling.status !== 'ENABLED' && number.restrictions.length > 0) {
    throw new GraphError({ status: 400, code: 138014 }, 'Calling is paused', 'A calling restriction is in force');
  }
}

/** The key exchange in force: DTLS until set. */
export function keyExchange(number: NumberState): 'DTLS' | 'SDES' {
  return number.calling.srtp_key_exchange_protocol ?? 'DTLS';
}

/** The codecs a call may use besides Opus. */
export function additionalCodecs(number: NumberState): readonly ('PCMA' | 'PCMU')[] {
  const stored = number.calling.audio?.additional_codecs ?? [];
  return (['PCMA', 'PCMU'] as const).filter((name) => stored.includes(name)); // offered as 8, then 0
}

/** The body of GET /{PNID}/settings. */
export function readSettings(number: NumberState, withCredentials: boolean, quirks: Quirks): object {
  const servers = number.servers.map((server) => ({
    app_id: Number(server.appId),
    hostname: server.hostname,
    ...(quirks.port === 'missing' ? {} : { port: quirks.port === 'string' ? String(server.port) : server.port }),
    ...(Object.keys(server.requestUriUserParams).length === 0
      ? {}
      : { request_uri_user_params: server.requestUriUserParams }),
    ...(withCredentials ? { sip_user_password: server.password } : {}),
  }));
  const calling = {
    status: 'DISABLED',
    call_icon_visibility: 'DEFAULT',
    ...number.calling, // srtp_key_exchange_protocol and audio are absent until set
    sip: { status: 'DISABLED', ...number.calling.sip, servers },
    ...(number.restrictions.length === 0 ? {} : { restrictions: { restrictions_list: number.restrictions } }),
  };
  return { calling: echoTimes(calling, quirks), user_identity_change: { enable_identity_key_check: false } };
}

function echoTimes(calling: object, quirks: Quirks): unknown {
  if (quirks.times === 'HHMM') return calling;
  const convert = (key: string, value: unknown): unknown => {
    if (!key.endsWith('_time') || typeof value !== 'string') return value;
    return quirks.times === 'integer' ? Number(value) : `${value.slice(0, 2)}:${value.slice(2)}`;
  };
  return JSON.parse(JSON.stringify(calling, convert));
}
