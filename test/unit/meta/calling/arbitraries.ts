// SPDX-License-Identifier: Apache-2.0
// Any settings: as a spec declares them, as Meta may have them, and in any spelling.
import fc from 'fast-check';
import { APP, MEDIA } from './declared.ts';
import type { Spelling } from './metamodel.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const onOff = fc.constantFrom('Enabled', 'Disabled');
const ENABLED = fc.constantFrom('ENABLED', 'DISABLED');
const countries = fc.subarray(['GB', 'IE', 'FR', 'DE', 'BR']);
const codecs = fc.subarray(['PCMA', 'PCMU']);
const parameters = fc.dictionary(fc.constantFrom('tgrp', 'trunk-context', 'x'), fc.stringMatching(/^[a-z0-9.]{1,8}$/));

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

interface Span {
  open: string;
  close: string;
}

/** One or two spans of a day that do not overlap. */
const spans = fc.constantFrom(2, 4).chain((length) =>
  fc.uniqueArray(fc.nat(1439), { minLength: length, maxLength: length }).map((minutes) => {
    const [a = 0, b = 0, c = 0, d = 0] = minutes.toSorted((x, y) => x - y).slice(0, length);
    return length === 2 ? [span(a, b)] : [span(a, b), span(c, d)];
  }),
);
const span = (open: number, close: number): Span => ({ open: clock(open), close: clock(close) });

const grouped = (key: string, names: fc.Arbitrary<string[]>): fc.Arbitrary<({ [key: string]: string } & Span)[]> =>
  names
    .chain((list) => fc.tuple(...list.map((name) => spans.map((each) => each.map((one) => ({ [key]: name, ...one }))))))
    .map((days) => days.flat());

const dates = fc.subarray(['2026-01-01', '2026-06-14', '2026-06-15', '2026-08-01', '2026-12-25', '2027-01-01']);
const zones = fc.constantFrom('Europe/London', 'Asia/Singapore', 'UTC');
const optional = { requiredKeys: [] };

const announcementRef = fc.constant({ name: 'hello', key: 'hello.ogg' });
const voicemail = fc
  .record({
    status: onOff,
    triggers: fc.subarray(['Reject', 'Timeout'], { minLength: 1 }),
    timeoutSeconds: fc.option(fc.nat(30), { nil: undefined }),
  })
  .filter(({ triggers, timeoutSeconds }) => !triggers.includes('Timeout') || timeoutSeconds !== undefined)
  .chain((wish) => announcementRef.map((ref) => ({ ...wish, announcementRef: ref })));

/** Any spec.calling that the API server takes. */
export const specs = fc.record(
  {
    status: onOff,
    icon: fc.record({ visibility: fc.constantFrom('Shown', 'Hidden'), countries }, optional),
    callbackPermission: onOff,
    hours: fc.record({
      status: onOff,
      timeZone: zones,
      weekly: grouped('day', fc.subarray(DAYS, { minLength: 1 })),
      holidays: grouped('date', dates),
    }),
    requestURIParameters: parameters,
    additionalCodecs: codecs,
    webhookDelivery: onOff,
    voicemail,
  },
  optional,
);

const meta = (time: string): string => time.replace(':', '');

const observedHours = fc
  .record({
    status: ENABLED,
    timezone_id: zones,
    weekly: grouped('day', fc.subarray(DAYS, { minLength: 1 })),
    holidays: grouped('date', dates),
  })
  .map(({ status, timezone_id, weekly, holidays }) => ({
    status,
    timezone_id,
    weekly_operating_hours: weekly.map(({ day, open, close }) => ({
      day_of_week: day?.toUpperCase(),
      open_time: meta(open),
      close_time: meta(close),
    })),
    holiday_schedule: holidays.map(({ date, open, close }) => ({ date, start_time: meta(open), end_time: meta(close) })),
  }));

/** A word that no declaration has: where it turns up in a write, something foreign was written. */
export const FOREIGN_MARK = 'foreign';

const port = fc.constantFrom(5061, 443);
const password = fc.constant(FOREIGN_MARK);
const ownServer = fc.record(
  {
    app_id: fc.constant(APP),
    hostname: fc.constantFrom('sip.example.com', `old.${FOREIGN_MARK}`),
    port,
    sip_user_password: password,
    request_uri_user_params: parameters,
  },
  { requiredKeys: ['app_id', 'hostname', 'port'] },
);
const foreignServer = fc.record({
  app_id: fc.constantFrom(42, 43),
  hostname: fc.constantFrom(`sip.${FOREIGN_MARK}`, 'sip.example.com'),
  port,
});

const observedSip = fc
  .record({
    own: fc.option(ownServer),
    foreign: fc.array(foreignServer, { maxLength: 2 }),
    status: ENABLED,
    webhook_delivery: ENABLED,
  })
  .map(({ own, foreign, status, webhook_delivery }) => {
    const servers = own ? [own, ...foreign] : foreign;
    return { status: servers.length === 0 ? 'DISABLED' : status, servers, webhook_delivery };
  });

/** Any settings that Meta may have, in its own spelling. */
export const states = fc.record(
  {
    status: ENABLED,
    call_icon_visibility: fc.constantFrom('DEFAULT', 'DISABLE_ALL'),
    call_icons: fc.record({ restrict_to_user_countries: fc.subarray(['GB', 'IE', 'NZ']) }),
    callback_permission_status: ENABLED,
    call_hours: observedHours,
    sip: observedSip,
    srtp_key_exchange_protocol: fc.constantFrom('DTLS', 'SDES'),
    audio: fc.record({ additional_codecs: codecs }),
    voicemail: fc.record({
      status: ENABLED,
      triggers: fc.subarray(['REJECT', 'TIMEOUT']),
      audio: fc.record(
        {
          default: fc.record({ announcement_media_id: fc.constantFrom(5, Number(MEDIA)), timeout_seconds: fc.nat(30) }, optional),
        },
        optional,
      ),
    }),
    video: fc.constant({ status: FOREIGN_MARK }),
  },
  optional,
);

export const spellings: fc.Arbitrary<Spelling> = fc.record({
  lowerCase: fc.boolean(),
  time: fc.constantFrom<Spelling['time'][]>('HHMM', 'HH:MM', 'integer'),
  holidayKeys: fc.constantFrom<Spelling['holidayKeys'][]>('start', 'open'),
  date: fc.constantFrom<Spelling['date'][]>('year first', 'day first'),
  port: fc.constantFrom<Spelling['port'][]>('number', 'text', 'left out if 5061'),
  textIDs: fc.boolean(),
  reversed: fc.boolean(),
});

export const quirks = fc.record({ sipForgetsKeyExchange: fc.boolean() });
