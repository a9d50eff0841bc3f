// SPDX-License-Identifier: Apache-2.0
// Declared against observed settings, field by field, in Meta's own names. Pure.
import type { ObservedCalling, ObservedServer } from './observed.ts';
import { comingHolidays, type WantedCalling } from './wanted.ts';

/** The member of `calling` by which a field is written. */
export type Member =
  | 'status'
  | 'call_icon_visibility'
  | 'call_icons'
  | 'callback_permission_status'
  | 'call_hours'
  | 'sip'
  | 'srtp_key_exchange_protocol'
  | 'audio'
  | 'voicemail';

/** One setting that is not as declared. */
export interface Difference {
  field: string;
  member: Member;
  wanted: string;
  found: string;
}

export interface Observation {
  calling: ObservedCalling;
  /** The app that the token belongs to: of the SIP servers at Meta only this one's is ours. */
  appID: string | undefined;
}

interface Field {
  field: string;
  member: Member;
  /** Undefined where the spec does not declare it. */
  wanted: (wanted: WantedCalling) => string | undefined;
  found: (observation: Observation, wanted: WantedCalling) => string;
}

/** Everything that can be declared, in the order in which a reader should hear of it. */
const FIELDS: readonly Field[] = [
  field('status', 'status', ({ status }) => status, ({ calling }) => calling.status),
  field('sip.status', 'sip', () => 'ENABLED', ({ calling }) => calling.sip.status),
  field('sip.servers', 'sip', wantedServer, foundServer),
  field('srtp_key_exchange_protocol', 'srtp_key_exchange_protocol', ({ endpoint }) => endpoint.keyExchange, ({ calling }) => calling.srtp_key_exchange_protocol),
  field('audio.additional_codecs', 'audio', ({ additionalCodecs }) => listText(additionalCodecs), ({ calling }) => listText(calling.audio.additional_codecs)),
  field('sip.webhook_delivery', 'sip', ({ webhookDelivery }) => webhookDelivery, ({ calling }) => calling.sip.webhook_delivery),
  field('call_icon_visibility', 'call_icon_visibility', ({ iconVisibility }) => iconVisibility, ({ calling }) => calling.call_icon_visibility),
  field(
    'call_icons.restrict_to_user_countries',
    'call_icons',
    ({ iconCountries }) => iconCountries && listText(iconCountries),
    ({ calling }) => listText(calling.call_icons.restrict_to_user_countries),
  ),
  field(
    'callback_permission_status',
    'callback_permission_status',
    ({ callbackPermission }) => callbackPermission,
    ({ calling }) => calling.callback_permission_status ?? 'not set',
  ),
  field('call_hours.status', 'call_hours', ({ hours }) => hours?.status, ({ calling }) => calling.call_hours?.status ?? 'DISABLED'),
  field('call_hours.timezone_id', 'call_hours', ({ hours }) => hours?.timeZone, ({ calling }) => calling.call_hours?.timezone_id || 'not set'),
  field(
    'call_hours.weekly_operating_hours',
    'call_hours',
    ({ hours }) => hours && listText(hours.weekly.map(({ day, open, close }) => `${day} ${open}-${close}`)),
    ({ calling }) =>
      listText((calling.call_hours?.weekly_operating_hours ?? []).map((day) => `${day.day_of_week} ${day.open_time}-${day.close_time}`)),
  ),
  field(
    'call_hours.holiday_schedule',
    'call_hours',
    ({ hours }) => hours && listText(comingHolidays(hours).map(({ date, open, close }) => `${date} ${open}-${close}`)),
    foundHolidays,
  ),
  field('voicemail.status', 'voicemail', ({ voicemail }) => voicemail?.status, ({ calling }) => calling.voicemail.status),
  field('voicemail.triggers', 'voicemail', ({ voicemail }) => voicemail && listText(voicemail.triggers), ({ calling }) => listText(calling.voicemail.triggers)),
  field(
    'voicemail.audio.default.announcement_media_id',
    'voicemail',
    ({ voicemail }) => voicemail?.mediaID,
    ({ calling }) => calling.voicemail.audio.default?.announcement_media_id ?? 'none',
  ),
  field(
    'voicemail.audio.default.timeout_seconds',
    'voicemail',
    ({ voicemail }) => voicemail?.timeoutSeconds?.toString(),
    ({ calling }) => calling.voicemail.audio.default?.timeout_seconds?.toString() ?? 'none',
  ),
];

function field(name: string, member: Member, wanted: Field['wanted'], found: Field['found']): Field {
  return { field: name, member, wanted, found };
}

/** Everything that differs, in a fixed order; empty when Meta has all that is declared as it is declared. */
export function compareCalling(wanted: WantedCalling, observation: Observation): Difference[] {
  return FIELDS.flatMap(({ field: name, member, wanted: wantedOf, found: foundOf }) => {
    const want = wantedOf(wanted);
    const found = foundOf(observation, wanted);
    return want === undefined || want === found ? [] : [{ field: name, member, wanted: want, found }];
  });
}

/** Settings without which no call arrives. */
const ESSENTIAL = new Set(['status', 'sip.status', 'sip.servers', 'srtp_key_exchange_protocol']);

/** Whether calls cannot be served as declared while this differs. */
export const stopsCalls = ({ field: name }: Difference): boolean => ESSENTIAL.has(name);

/** Differences in a sentence's words. */
export const describeDifferences = (differences: readonly Difference[]): string =>
  differences.map(({ field: name, wanted, found }) => `${name} is ${found}, declared ${wanted}`).join('; ');

/** The server at Meta that the token's app has set: known by the app's id, else by its name. */
export function ownServer({ calling, appID }: Observation, hostname: string): ObservedServer | undefined {
  const { servers } = calling.sip;
  const byApp = servers.find((server) => appID !== undefined && server.app_id === appID);
  return byApp ?? servers.find((server) => (appID === undefined || server.app_id === undefined) && server.hostname === hostname);
}

/** Servers that other apps have set. */
export const foreignServers = (observation: Observation, hostname: string): ObservedServer[] => {
  const own = ownServer(observation, hostname);
  return observation.calling.sip.servers.filter((server) => server !== own);
};

/** The password by which Meta authenticates calls to us, where the token may see it: one for the number and the app. */
export function sipPassword(observation: Observation, hostname: string): string | undefined {
  const own = ownServer(observation, hostname);
  return own?.sip_user_password ?? own?.password;
}

function wantedServer({ endpoint, requestURIParameters }: WantedCalling): string {
  return serverText(endpoint.hostname, endpoint.port, requestURIParameters);
}

function foundServer(observation: Observation, { endpoint }: WantedCalling): string {
  const own = ownServer(observation, endpoint.hostname);
  return own ? serverText(own.hostname, own.port, own.request_uri_user_params ?? {}) : 'none of this app';
}

/** Meta keeps holidays that are past; they are nobody's business any more. */
function foundHolidays({ calling }: Observation, { hours }: WantedCalling): string {
  const found = calling.call_hours?.holiday_schedule ?? [];
  const first = hours?.today ?? '';
  return listText(found.filter(({ date }) => date >= first).map((day) => `${day.date} ${day.start_time}-${day.end_time}`));
}

function serverText(hostname: string, port: number, parameters: Readonly<Record<string, string>>): string {
  const suffix = Object.entries(parameters)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `;${name}=${value}`);
  return `${hostname}:${port}${suffix.join('')}`;
}

const listText = (items: readonly string[]): string => (items.length ? [...new Set(items)].sort().join(', ') : 'none');
