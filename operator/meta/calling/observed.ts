// SPDX-License-Identifier: Apache-2.0
// The `calling` member of GET /settings, read leniently because Meta's documents disagree about it in places, and brought
// to one form: enums in capitals, times as HH:MM, dates as YYYY-MM-DD, what is left out as the default it stands for.
import * as z from 'zod';

export const META_PORT = 5061;

/** Lower-case and longer spellings of the generated reference, by the guides' word for the same. */
const ALIASES: Record<string, string> = {
  VISIBLE: 'DEFAULT',
  HIDDEN: 'DISABLE_ALL',
  'DTLS-SRTP': 'DTLS',
  'SDES-SRTP': 'SDES',
};

const word = z.string().transform((text) => ALIASES[text.toUpperCase()] ?? text.toUpperCase());

/** "0900", "09:00" and 900 are one time. */
const time = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).replace(':', '').padStart(4, '0').replace(/(..)$/, ':$1'));

/** An older table writes DD-MM-YYYY. */
const date = z.string().transform((text) => text.replace(/^(\d\d)-(\d\d)-(\d{4})$/, '$3-$2-$1'));

const identifier = z.union([z.string(), z.number()]).transform(String);

const server = z.object({
  app_id: identifier.optional(),
  hostname: z.string().transform((name) => name.toLowerCase()),
  // Samples leave the port out, and tables give it as text.
  port: z.coerce.number().default(META_PORT),
  request_uri_user_params: z.record(z.string(), z.coerce.string()).nullish(),
  // The guide's name and the reference's name of the same member.
  sip_user_password: z.string().optional(),
  password: z.string().optional(),
});

const weekday = z.object({ day_of_week: word, open_time: time, close_time: time });

// Tables say open and close, samples start and end.
const holiday = z
  .object({ date, start_time: time.optional(), end_time: time.optional(), open_time: time.optional(), close_time: time.optional() })
  .transform((day) => ({
    date: day.date,
    start_time: day.start_time ?? day.open_time ?? '',
    end_time: day.end_time ?? day.close_time ?? '',
  }));

const hours = z.object({
  status: word.default('DISABLED'),
  timezone_id: z.string().default(''),
  weekly_operating_hours: z.array(weekday).default([]),
  holiday_schedule: z.array(holiday).nullish(),
});

const voicemail = z.object({
  status: word.default('DISABLED'),
  triggers: z.array(word).default([]),
  audio: z
    .object({ default: z.object({ announcement_media_id: identifier.optional(), timeout_seconds: z.coerce.number().optional() }) })
    .partial()
    .prefault({}),
});

/** The end of the year 9999; what lies beyond is no date. */
const LAST_SECOND = 253_402_300_799;

const restriction = z.object({
  type: word,
  reason: z.string().optional().catch(undefined),
  /** Unix seconds. */
  expiration: z.coerce.number().max(LAST_SECOND).optional().catch(undefined),
});

// The table names the list otherwise than the sample.
const restrictions = z.object({ restrictions_list: z.array(restriction), restriction_list: z.array(restriction) }).partial();

export const observedCalling = z.object({
  status: word.default('DISABLED'),
  call_icon_visibility: word.default('DEFAULT'),
  call_icons: z.object({ restrict_to_user_countries: z.array(word).default([]) }).prefault({}),
  callback_permission_status: word.optional(),
  call_hours: hours.optional(),
  sip: z
    .object({ status: word.default('DISABLED'), servers: z.array(server).default([]), webhook_delivery: word.default('DISABLED') })
    .prefault({}),
  // Left out by Meta until it is set; DTLS is what it does then.
  srtp_key_exchange_protocol: word.default('DTLS'),
  audio: z.object({ additional_codecs: z.array(word).default([]) }).prefault({}),
  voicemail: voicemail.prefault({}),
  restrictions: restrictions.nullish(),
});

export type ObservedCalling = z.infer<typeof observedCalling>;
export type ObservedServer = ObservedCalling['sip']['servers'][number];
export type Restriction = z.infer<typeof restriction>;

export const restrictionsOf = ({ restrictions: lists }: ObservedCalling): Restriction[] =>
  lists?.restrictions_list ?? lists?.restriction_list ?? [];
