// SPDX-License-Identifier: Apache-2.0
// What to write to Meta: the members that differ, whole, and nothing that is not declared. Pure.
import type { Difference, Member, Observation } from './compare.ts';
import { comingHolidays, type WantedCalling, type WantedHours, type WantedVoicemail } from './wanted.ts';

/** The `calling` member of POST /settings. */
export type CallingWrite = Partial<Record<Member, unknown>>;

/** Switches on what users see, so it waits until the path behind it answers. */
const isActivation = ({ field, wanted }: Difference): boolean =>
  (field === 'status' && wanted === 'ENABLED') || (field === 'call_icon_visibility' && wanted === 'DEFAULT');

/** Whether users' calls go somewhere at present: to a SIP server, or to a program that takes them by the Graph API. */
export const isLive = ({ calling }: Observation): boolean => calling.status === 'ENABLED';

/** Sends calls that work today elsewhere, so it waits too. */
const isSwitchOver = ({ member }: Difference): boolean => member === 'sip' || member === 'srtp_key_exchange_protocol';

/**
 * Splits differences into those to write now and those that wait until the path behind them answers: what users see and,
 * for a number that takes calls today, where its calls go.
 */
export function stage(differences: readonly Difference[], observation: Observation, pathAnswers: boolean): { now: Difference[]; held: Difference[] } {
  const waits = (difference: Difference): boolean =>
    !pathAnswers && (isActivation(difference) || (isLive(observation) && isSwitchOver(difference)));
  return { now: differences.filter((each) => !waits(each)), held: differences.filter(waits) };
}

/**
 * The write that puts the given differences right. Members that Meta replaces as a whole are given whole; key exchange and
 * SIP server go together every time, since an update of `sip` alone may put the key exchange back to DTLS.
 */
export function toWrite(wanted: WantedCalling, differences: readonly Difference[]): CallingWrite {
  const members = new Set(differences.map(({ member }) => member));
  if (members.has('sip') || members.has('srtp_key_exchange_protocol')) {
    members.add('sip').add('srtp_key_exchange_protocol');
  }
  return Object.fromEntries([...members].map((member) => [member, MEMBERS[member](wanted)]));
}

/** Switches calling off and leaves everything else as it is. */
export const DISABLE: CallingWrite = { status: 'DISABLED' };

/** Takes our server away, after which the next one gets a new password. Source: Meta, SIP configuration guide. */
export const FORGET_PASSWORD: CallingWrite = { status: 'DISABLED', sip: { status: 'DISABLED', servers: [] } };

const MEMBERS: Record<Member, (wanted: WantedCalling) => unknown> = {
  status: ({ status }) => status,
  call_icon_visibility: ({ iconVisibility }) => iconVisibility,
  call_icons: ({ iconCountries }) => ({ restrict_to_user_countries: [...(iconCountries ?? [])].sort() }),
  callback_permission_status: ({ callbackPermission }) => callbackPermission,
  call_hours: ({ hours }) => hours && hoursOf(hours),
  sip: sipOf,
  srtp_key_exchange_protocol: ({ endpoint }) => endpoint.keyExchange,
  audio: ({ additionalCodecs }) => ({ additional_codecs: [...additionalCodecs].sort() }),
  voicemail: ({ voicemail }) => voicemail && voicemailOf(voicemail),
};

/** Only the server of the token's own app is replaced by this; servers of other apps stay. */
function sipOf({ endpoint: { hostname, port }, requestURIParameters, webhookDelivery }: WantedCalling): unknown {
  const parameters = Object.keys(requestURIParameters).length > 0 ? { request_uri_user_params: requestURIParameters } : {};
  return {
    status: 'ENABLED',
    servers: [{ hostname, port, ...parameters }],
    ...(webhookDelivery ? { webhook_delivery: webhookDelivery } : {}),
  };
}

/** Replaced as a whole at Meta: a holiday list left out would be wiped. */
function hoursOf(hours: WantedHours): unknown {
  const { status, timeZone, weekly } = hours;
  return {
    status,
    timezone_id: timeZone,
    weekly_operating_hours: weekly.map(({ day, open, close }) => ({
      day_of_week: day,
      open_time: toMeta(open),
      close_time: toMeta(close),
    })),
    holiday_schedule: comingHolidays(hours).map(({ date, open, close }) => ({ date, start_time: toMeta(open), end_time: toMeta(close) })),
  };
}

function voicemailOf({ status, triggers, timeoutSeconds, mediaID }: WantedVoicemail): unknown {
  const timeout = timeoutSeconds === undefined ? {} : { timeout_seconds: timeoutSeconds };
  return { status, triggers: [...triggers].sort(), audio: { default: { announcement_media_id: toID(mediaID), ...timeout } } };
}

/** Meta calls it an integer; one with more digits than a number holds goes as text. */
const toID = (id: string): number | string => (Number.isSafeInteger(Number(id)) ? Number(id) : id);

const toMeta = (time: string): string => time.replace(':', '');
