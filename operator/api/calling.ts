// SPDX-License-Identifier: Apache-2.0
// Meta's calling settings of a number, as a WhatsAppNumber declares them. What is left out is not ours: it stays as it is.
// Source of the rules: Meta, Configure Call Settings.
import * as z from 'zod';
import { COUNTRIES } from './countries.ts';
import { date, day, NO_TIME_ZONE, timeOfDay } from './hours.ts';
import { checked, objectName, patternString } from './schema.ts';

const open = timeOfDay('From when on, as HH:MM.');
const close = timeOfDay('Until when, as HH:MM.');

/** Hours, each within one group such as a day of the week. */
interface Span {
  group: string;
  open: string;
  close: string;
}

const isOpenFirst = (spans: readonly Span[]): boolean => spans.every((span) => span.open < span.close);

const atMostTwo = (spans: readonly Span[]): boolean =>
  [...Map.groupBy(spans, ({ group }) => group).values()].every((entries) => entries.length <= 2);

const disjoint = (spans: readonly Span[]): boolean =>
  spans.every((a, i) =>
    spans.every((b, j) => i === j || a.group !== b.group || a.close <= b.open || b.close <= a.open),
  );

/** Rules that Meta has for both kinds of hours; `key` is the member that groups them. */
function spanRules<T>(key: string, words: string, toSpan: (entry: T) => Span) {
  const on = (judge: (spans: readonly Span[]) => boolean) => (entries: readonly T[]) => judge(entries.map(toSpan));
  return [
    {
      holds: on(isOpenFirst),
      rule: 'self.all(a, a.open < a.close)',
      message: `open must be before close; hours that go past midnight are two entries`,
    },
    {
      holds: on(atMostTwo),
      rule: `self.all(a, self.filter(b, b.${key} == a.${key}).size() <= 2)`,
      message: `at most two entries for one ${words}`,
    },
    {
      holds: on(disjoint),
      rule: `self.all(a, self.filter(b, b.${key} == a.${key} && a.open < b.close && b.open < a.close).size() == 1)`,
      message: `hours of one ${words} must not overlap`,
    },
  ];
}

const weekday = z
  .object({
    day,
    open,
    close,
  })
  .meta({ description: 'Hours of one day.' });

const holiday = z.object({ date, open, close }).meta({ description: 'Other hours on one day.' });

const weekly = checked(
  z.array(weekday).min(1).max(14),
  { description: 'Hours in which users can call, at most two entries a day.', 'x-kubernetes-list-type': 'atomic' },
  ...spanRules<z.infer<typeof weekday>>('day', 'day', (entry) => ({ group: entry.day, ...entry })),
);

const holidays = checked(
  z.array(holiday).max(20),
  {
    description: 'Days with other hours, at most 20. Those that are past are left out when Meta is written to, since it refuses them.',
    'x-kubernetes-list-type': 'atomic',
  },
  ...spanRules<z.infer<typeof holiday>>('date', 'date', (entry) => ({ group: entry.date, ...entry })),
).default([]);

const hours = z
  .object({
    status: z.enum(['Enabled', 'Disabled']).default('Enabled').meta({ description: 'Disabled: users can call at any time.' }),
    timeZone: patternString({
      description: 'Name of the time zone, such as Europe/London. Meta says whether it knows it.',
      pattern: 'UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}',
      message: NO_TIME_ZONE,
      maxLength: 64,
    }),
    weekly,
    holidays,
  })
  .optional()
  .meta({ description: 'When users can call. Left out: stays as it is at Meta.' });

const icon = z
  .object({
    visibility: z
      .enum(['Shown', 'Hidden'])
      .optional()
      .meta({ description: 'Whether chats show the call button. Hidden, users still reach the number from contacts and call logs.' }),
    countries: z
      .array(z.enum(COUNTRIES))
      .max(COUNTRIES.length)
      .optional()
      .meta({ description: 'Countries whose users see the call button, by their own number. An empty list: all.', 'x-kubernetes-list-type': 'set' }),
  })
  .optional()
  .meta({ description: 'The call button. What is left out stays as it is at Meta.' });

const PARAMETER = '[A-Za-z0-9._~!$&*+:-]{1,128}';
const isParameter = (text: string): boolean => new RegExp(`^${PARAMETER}$`).test(text);
const requestURIParameters = checked(
  z.record(z.string(), z.string().max(128)),
  {
    description: 'Parameters that Meta puts behind the user part of the request URI, such as tgrp (RFC 4904).',
    maxProperties: 10,
  },
  {
    holds: (parameters: Record<string, string>) =>
      Object.keys(parameters).length <= 10 && Object.entries(parameters).flat().every(isParameter),
    rule: `self.all(k, k.matches(r'^${PARAMETER}$') && self[k].matches(r'^${PARAMETER}$'))`,
    message: 'names and values of requestURIParameters must be 1 to 128 letters, digits and . _ ~ ! $ & * + : -',
  },
).default({});

const voicemail = checked(
  z.object({
    status: z.enum(['Enabled', 'Disabled']).default('Enabled').meta({ description: 'Whether Meta takes messages.' }),
    triggers: z
      .array(z.enum(['Reject', 'Timeout']))
      .min(1)
      .max(2)
      .default(['Reject', 'Timeout'])
      .meta({ description: 'After a refused call, or one that rang for timeoutSeconds.', 'x-kubernetes-list-type': 'set' }),
    timeoutSeconds: z.int().min(0).max(30).optional().meta({ description: 'How long it rings before Timeout.' }),
    announcementRef: z
      .object({
        name: objectName('Name of the ConfigMap.'),
        key: z.string().min(1).max(253).meta({ description: 'Key in its binaryData.' }),
      })
      .meta({ description: 'ConfigMap in the same namespace with the announcement: Opus in Ogg, under a minute. It is uploaded to Meta.' }),
  }),
  { description: 'Messages to users whose calls are not taken. Left out: stays as it is at Meta.' },
  {
    holds: ({ triggers, timeoutSeconds }: { triggers: string[]; timeoutSeconds?: number | undefined }) =>
      !triggers.includes('Timeout') || timeoutSeconds !== undefined,
    rule: "!('Timeout' in self.triggers) || has(self.timeoutSeconds)",
    message: 'trigger Timeout needs timeoutSeconds, else Meta ignores it',
  },
).optional();

export const calling = z
  .object({
    status: z.enum(['Enabled', 'Disabled']).default('Enabled').meta({ description: 'Whether users can call the number.' }),
    activation: z
      .enum(['WhenReachable', 'Immediately'])
      .default('WhenReachable')
      .meta({ description: 'When calling and the call button are switched on: once the path behind them answers, or at once.' }),
    keyExchange: z
      .enum(['SDES', 'DTLS'])
      .default('SDES')
      .meta({ description: 'How the keys of a call’s audio are agreed on with Meta. DTLS: with ICE, at the media pods, or at the destination that Meta dials itself.' }),
    icon,
    callbackPermission: z
      .enum(['Enabled', 'Disabled'])
      .optional()
      .meta({ description: 'Whether users who call are asked if they may be called back. Left out: stays as it is at Meta.' }),
    hours,
    requestURIParameters,
    additionalCodecs: z
      .array(z.enum(['PCMA', 'PCMU']))
      .max(2)
      .default([])
      .meta({
        description: 'Codecs that Meta offers beside Opus and transcodes itself.',
        'x-kubernetes-list-type': 'set',
      }),
    webhookDelivery: z
      .enum(['Enabled', 'Disabled'])
      .optional()
      .meta({ description: 'Whether Meta also sends webhooks about calls. Left out: stays as it is at Meta.' }),
    voicemail,
  })
  .prefault({})
  .meta({ description: 'Meta’s calling settings for the number. What is left out and has no default is left alone.' });

export type Calling = z.infer<typeof calling>;
