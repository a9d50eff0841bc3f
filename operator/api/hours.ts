// SPDX-License-Identifier: Apache-2.0
// How kinds write times of day, dates and time zones.
import * as z from 'zod';
import { checked, patternString } from './schema.ts';
import { TIME_ZONES } from './timezones.ts';

/** A time of day, as HH:MM. */
export const timeOfDay = (description: string) =>
  patternString({
    description,
    pattern: '([01][0-9]|2[0-3]):[0-5][0-9]',
    message: 'a time of day must be written as HH:MM from 00:00 to 23:59, in quotes, such as "09:00"',
    maxLength: 5,
  });

/** The end of a span of time, as HH:MM; 24:00 is the end of the day. */
export const endOfSpan = (description: string) =>
  patternString({
    description,
    pattern: '([01][0-9]|2[0-3]):[0-5][0-9]|24:00',
    message: 'a time of day must be written as HH:MM from 00:00 to 24:00, in quotes, such as "17:30"',
    maxLength: 5,
  });

export const date = patternString({
  description: 'The day, as YYYY-MM-DD.',
  pattern: '20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])',
  message: 'a date must be written as YYYY-MM-DD, in quotes, such as "2026-12-25"',
  maxLength: 10,
});

export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export const day = z.enum(DAYS).meta({ description: 'Day of the week.' });

export const NO_TIME_ZONE = 'timeZone must be the name of a time zone, such as "Europe/London"; abbreviations and offsets are none';

const known = new Set(TIME_ZONES);

export const timeZone = checked(
  z.string().max(64),
  { description: 'Name of the time zone, such as Europe/London.' },
  {
    holds: (name: string) => known.has(name),
    rule: `self in [${TIME_ZONES.map((name) => `'${name}'`).join(', ')}]`,
    message: NO_TIME_ZONE,
  },
);
