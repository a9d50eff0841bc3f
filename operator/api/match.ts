// SPDX-License-Identifier: Apache-2.0
// Which of a number's calls a route is for.
import * as z from 'zod';
import { COUNTRIES } from './countries.ts';
import { date, day, endOfSpan, timeOfDay, timeZone } from './hours.ts';
import { asSet, checked, patternString } from './schema.ts';

const OPEN = 'From when on, as HH:MM.';
const CLOSE = 'Until when, as HH:MM; 24:00 is the end of the day.';

const span = z
  .object({ day, open: timeOfDay(OPEN), close: endOfSpan(CLOSE) })
  .meta({ description: 'Hours of one day.' });

const holiday = z
  .object({ date, open: timeOfDay(OPEN).optional(), close: endOfSpan(CLOSE).optional() })
  .meta({ description: 'Other hours on one day. Without open and close: none.' });

const ORDER = 'open must be before close; hours that go past midnight are two entries';

const hours = z
  .object({
    timeZone,
    weekly: checked(
      z.array(span).min(1).max(42),
      { description: 'Hours of the week, any number a day.', 'x-kubernetes-list-type': 'atomic' },
      { holds: (spans) => spans.every(({ open, close }) => open < close), rule: 'self.all(a, a.open < a.close)', message: ORDER },
    ),
    holidays: checked(
      z.array(holiday).max(100),
      {
        description: 'Days that have other hours than their day of the week, at most 100 entries.',
        'x-kubernetes-list-type': 'atomic',
      },
      {
        holds: (days) => days.every(({ open, close }) => (open === undefined) === (close === undefined)),
        rule: 'self.all(a, has(a.open) == has(a.close))',
        message: 'a holiday has both open and close, or neither',
      },
      {
        holds: (days) => days.every(({ open, close }) => open === undefined || close === undefined || open < close),
        rule: 'self.all(a, !has(a.open) || !has(a.close) || a.open < a.close)',
        message: ORDER,
      },
    ).default([]),
  })
  .optional()
  .meta({ description: 'When the call comes.' });

const user = patternString({
  description: 'A number or id, in full or with * for the rest.',
  pattern: '\\+[0-9]{1,15}|\\+[0-9]{0,14}\\*|[A-Z]{2}\\.[A-Za-z0-9.]{1,128}|[A-Z]{2}\\.[A-Za-z0-9.]{0,127}\\*',
  message: 'a user must be written as "+447700900123", or with * for the rest: "+44*"; users without a number by their id: "GB.1234", "GB.*"',
  maxLength: 132,
});

const payloads = (description: string) =>
  asSet(z.array(z.string().min(1).max(512).meta({ description: 'A payload, in full or with * at its end for the rest.' })).min(1).max(50), description).optional();

const countries = (description: string) => asSet(z.array(z.enum(COUNTRIES)).min(1).max(COUNTRIES.length), description).optional();

export const match = checked(
  z.object({
    callers: asSet(z.array(user).min(1).max(100), 'Who calls: the user’s number, or the id of one who hides it.').optional(),
    callees: asSet(z.array(user).min(1).max(100), 'Whom an outbound call is for: the user’s number, or the id of one who hides it.').optional(),
    countries: countries('The user’s country, as Meta tells it or else by the number.'),
    exceptCountries: countries('No call where the user’s country is one of these.'),
    callToAction: payloads('Payload of the call button that the user pressed.'),
    deepLink: payloads('biz_payload of the link that the user followed.'),
    hours,
  }),
  { description: 'Only calls that meet all of these take the route. Left out: all calls.' },
  {
    holds: (value: object) => Object.keys(value).length > 0,
    rule: 'has(self.callers) || has(self.callees) || has(self.countries) || has(self.exceptCountries) || has(self.callToAction) || has(self.deepLink) || has(self.hours)',
    message: 'match must say what it matches; leave it out for a route that takes all calls',
  },
).optional();

export type Match = NonNullable<z.infer<typeof match>>;
