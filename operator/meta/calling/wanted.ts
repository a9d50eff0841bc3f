// SPDX-License-Identifier: Apache-2.0
// What a number's spec asks of Meta, in the form that Meta's settings are brought to for comparison. Pure.
import { createHash } from 'node:crypto';
import type { Calling } from '../../api/calling.ts';

/** The SIP server that Meta is to dial, and what it must agree on with Meta. */
export interface SipEndpoint {
  hostname: string;
  port: number;
  keyExchange: 'SDES' | 'DTLS';
}

/** Declared settings; a member that is undefined is not ours, so it is neither compared nor written. */
export interface WantedCalling {
  status: 'ENABLED' | 'DISABLED';
  endpoint: SipEndpoint;
  requestURIParameters: Readonly<Record<string, string>>;
  additionalCodecs: readonly string[];
  iconVisibility: 'DEFAULT' | 'DISABLE_ALL' | undefined;
  iconCountries: readonly string[] | undefined;
  callbackPermission: string | undefined;
  webhookDelivery: string | undefined;
  hours: WantedHours | undefined;
  voicemail: WantedVoicemail | undefined;
}

export interface WantedHours {
  status: string;
  timeZone: string;
  /** The date there, as YYYY-MM-DD. */
  today: string;
  weekly: readonly { day: string; open: string; close: string }[];
  /** All that are declared; {@link comingHolidays} are those that Meta takes. */
  holidays: readonly Holiday[];
}

export interface Holiday {
  date: string;
  open: string;
  close: string;
}

export interface WantedVoicemail {
  status: string;
  triggers: readonly string[];
  timeoutSeconds: number | undefined;
  mediaID: string;
}

export interface WantedInput {
  calling: Calling;
  endpoint: SipEndpoint;
  /** Meta's id of the uploaded voicemail announcement. */
  announcementID: string | undefined;
  now: Date;
}

export function toWanted({ calling, endpoint, announcementID, now }: WantedInput): WantedCalling {
  const { icon, hours, voicemail } = calling;
  return {
    status: calling.status === 'Enabled' ? 'ENABLED' : 'DISABLED',
    endpoint,
    requestURIParameters: calling.requestURIParameters,
    additionalCodecs: calling.additionalCodecs,
    iconVisibility: icon?.visibility && (icon.visibility === 'Shown' ? 'DEFAULT' : 'DISABLE_ALL'),
    iconCountries: icon?.countries,
    callbackPermission: calling.callbackPermission && capitals(calling.callbackPermission),
    webhookDelivery: calling.webhookDelivery && capitals(calling.webhookDelivery),
    hours: hours && {
      status: capitals(hours.status),
      timeZone: hours.timeZone,
      today: today(hours.timeZone, now),
      weekly: hours.weekly.map(({ day, open, close }) => ({ day: capitals(day), open, close })),
      holidays: hours.holidays,
    },
    // Without its announcement voicemail cannot be compared yet: it waits for the upload.
    voicemail:
      voicemail && announcementID !== undefined
        ? {
            status: capitals(voicemail.status),
            triggers: voicemail.triggers.map(capitals),
            timeoutSeconds: voicemail.timeoutSeconds,
            mediaID: announcementID,
          }
        : undefined,
  };
}

/** Today's holidays and those to come: Meta refuses a write with one that is past. */
export const comingHolidays = ({ holidays, today: first }: WantedHours): Holiday[] => holidays.filter(({ date }) => date >= first);

/** Stands for what is declared, in a status: the same settings always have the same one, whatever day it is. */
export function fingerprint({ hours, ...rest }: WantedCalling): string {
  const timeless = hours && { ...hours, today: undefined };
  return createHash('sha256').update(JSON.stringify([rest, timeless])).digest('hex').slice(0, 12);
}

/** Declared holidays that are over, and so left out. */
export const pastHolidays = ({ hours }: Calling, now: Date): Holiday[] =>
  hours ? hours.holidays.filter(({ date }) => date < today(hours.timeZone, now)) : [];

/** Whether a time zone is one that this program's tables know. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The date in a time zone, as YYYY-MM-DD; in UTC where the zone is unknown. */
const today = (timeZone: string, now: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: isTimeZone(timeZone) ? timeZone : 'UTC' }).format(now);

const capitals = (word: string): string => word.toUpperCase();
