// SPDX-License-Identifier: Apache-2.0
// What a read of the settings shows, with the quirks of reading.
import { type NumberState, restrictionsInForce, type Settings, type SipServer } from '../number.ts';
import type { Quirks } from './quirks.ts';

/** The key exchange in force: DTLS until set. */
export function keyExchange(number: NumberState): 'DTLS' | 'SDES' {
  return number.calling.srtp_key_exchange_protocol ?? 'DTLS';
}

/** The codecs a call may use besides Opus. */
export function additionalCodecs(number: NumberState): readonly ('PCMA' | 'PCMU')[] {
  const stored = number.calling.audio?.additional_codecs ?? [];
  return (['PCMA', 'PCMU'] as const).filter((name) => stored.includes(name)); // offered as 8, then 0
}

export interface ReadOptions {
  readonly withCredentials: boolean;
  readonly quirks: Quirks;
  /** Milliseconds. */
  readonly now: number;
}

/** The body of GET /{PNID}/settings. */
export function readSettings(number: NumberState, options: ReadOptions): object {
  const shown = number.formerSettings.find((former) => former.shownUntil > options.now) ?? number;
  const restrictions = restrictionsInForce(number, options.now);
  const enabled = shown.calling.status === 'ENABLED' && shown.calling.sip?.status === 'ENABLED';
  const withPassword = options.withCredentials && (enabled || !options.quirks.passwordOnlyWhenEnabled);
  const calling = {
    status: 'DISABLED',
    call_icon_visibility: 'DEFAULT',
    ...withoutDefaults(shown.calling, options.quirks), // srtp_key_exchange_protocol and audio are absent until set
    sip: {
      status: 'DISABLED',
      ...shown.calling.sip,
      servers: shown.servers.map((server) => readServer(server, withPassword, options.quirks)),
    },
    ...(restrictions.length === 0 ? {} : { restrictions: { restrictions_list: restrictions } }),
    ...(number.ipAddresses.length === 0 ? {} : { ip_addresses: { default: number.ipAddresses } }),
  };
  return {
    calling: echo(calling, options.quirks),
    payload_encryption: { status: 'DISABLED', ...shown.groups.payload_encryption },
    storage_configuration: { status: 'DEFAULT', ...shown.groups.storage_configuration },
    user_identity_change: { enable_identity_key_check: false, ...shown.groups.user_identity_change },
  };
}

function readServer(server: SipServer, withPassword: boolean, { port }: Quirks): object {
  return {
    app_id: Number(server.appId),
    hostname: server.hostname,
    ...(port === 'missing' ? {} : { port: port === 'string' ? String(server.port) : server.port }),
    ...(Object.keys(server.requestUriUserParams).length === 0
      ? {}
      : { request_uri_user_params: server.requestUriUserParams }),
    ...(withPassword ? { sip_user_password: server.password } : {}),
  };
}

function withoutDefaults(calling: Settings['calling'], { defaultsLeftOut }: Quirks): Settings['calling'] {
  if (!defaultsLeftOut) return calling;
  const { audio, call_icons: icons, ...rest } = calling;
  return {
    ...rest,
    ...(audio?.additional_codecs.length ? { audio } : {}),
    ...(icons?.restrict_to_user_countries.length ? { call_icons: icons } : {}),
  };
}

/** The members whose value is a word of a fixed list. */
const enumKeys = new Set([
  'status', 'call_icon_visibility', 'callback_permission_status', 'webhook_delivery', 'srtp_key_exchange_protocol',
  'day_of_week',
]);

function echo(calling: object, quirks: Quirks): unknown {
  const text = JSON.stringify(calling, (key, value: unknown) => {
    if (key === 'holiday_schedule' && quirks.holidayKeys === 'open_close' && Array.isArray(value)) {
      return value.map(toOpenClose);
    }
    if (typeof value !== 'string') return value;
    if (enumKeys.has(key) && quirks.enums === 'lower') return value.toLowerCase();
    if (!key.endsWith('_time') || quirks.times === 'HHMM') return value;
    return quirks.times === 'integer' ? Number(value) : `${value.slice(0, 2)}:${value.slice(2)}`;
  });
  return JSON.parse(text);
}

function toOpenClose({ date, start_time, end_time }: { date: string; start_time: string; end_time: string }): object {
  return { date, open_time: start_time, close_time: end_time };
}
