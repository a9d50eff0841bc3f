// SPDX-License-Identifier: Apache-2.0
// The same objects for zod and for the API server: each is valid, or wrong in one place, by one sentence.
import { PRESET_NAMES } from '../../../operator/api/siproute.ts';
import { CIDR, type Case, type Spec } from './case.ts';
import { GATEWAY_CASES } from './gatewaycases.ts';

/** An outbound route by which these may call. */
const outboundFrom = (sources: Spec): Spec => ({ direction: 'Outbound', destinations: undefined, sources });

const number = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'WhatsAppNumber',
  what,
  spec: {
    phoneNumber: '+15550001111',
    phoneNumberID: '106540352242922',
    businessAccountID: '102290129340398',
    accessTokenRef: { name: 'meta', key: 'token' },
    ...change,
  },
  ...(refusal ? { refusal } : {}),
});

const route = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'SipRoute',
  what,
  spec: { numbers: [{ name: 'sales' }], destinations: [{ uri: 'sip:pbx.example.com' }], ...change },
  ...(refusal ? { refusal } : {}),
});

const uri = (value: unknown, refusal?: string): Case => route(`uri ${String(value)}`, { destinations: [{ uri: value }] }, refusal);
const phone = (value: unknown, refusal?: string): Case => number(`phoneNumber ${String(value)}`, { phoneNumber: value }, refusal);

const week = (...entries: [string, string, string][]): Spec => ({ weekly: entries.map(([weekday, open, close]) => ({ day: weekday, open, close })) });
const day = (date: string, open = '00:00', close = `${open.slice(0, 3)}59`): Spec => ({ date, open, close });
const hours = (what: string, change: Spec, refusal?: string): Case =>
  number(what, { calling: { hours: { timeZone: 'Europe/London', ...week(['Monday', '09:00', '17:30']), ...change } } }, refusal);
const voicemail = (what: string, change: Spec, refusal?: string): Case =>
  number(what, { calling: { voicemail: { announcementRef: { name: 'voice', key: 'hello.ogg' }, ...change } } }, refusal);

const outbound = (what: string, change: Spec, refusal?: string): Case =>
  route(what, { direction: 'Outbound', destinations: undefined, sources: { networks: ['10.0.0.0/8'] }, ...change }, refusal);
const matching = (what: string, match: Spec, refusal?: string): Case => route(`a match by ${what}`, { match }, refusal);
const open = (what: string, change: Spec, refusal?: string): Case =>
  matching(what, { hours: { timeZone: 'Europe/London', ...week(['Monday', '09:00', '17:30']), ...change } }, refusal);

const E164 = 'phoneNumber must be E.164';
const URI = 'uri must be a SIP address of the form';

export const CASES: readonly Case[] = [
  ...GATEWAY_CASES,

  number('the smallest number', {}),
  number('a number with everything', {
    gatewayRef: { name: 'second' },
    appSecretRef: { name: 'meta', key: 'secret' },
    management: 'Observe',
    driftPolicy: 'Report',
    deletionPolicy: 'Disable',
    registration: { pinRef: { name: 'meta', key: 'pin' } },
    webhook: { callbackURL: 'https://hooks.example.com/whatsapp', verifyTokenRef: { name: 'meta', key: 'word' } },
    calling: {
      status: 'Disabled',
      activation: 'Immediately',
      icon: { visibility: 'Hidden', countries: ['GB', 'IE'] },
      callbackPermission: 'Enabled',
      hours: { status: 'Disabled', timeZone: 'Europe/London', ...week(['Monday', '09:00', '12:00'], ['Monday', '12:00', '17:30']) },
      requestURIParameters: { tgrp: 'wa-call', 'trunk-context': 'example.net' },
      additionalCodecs: ['PCMA', 'PCMU'],
      webhookDelivery: 'Disabled',
      voicemail: { triggers: ['Timeout'], timeoutSeconds: 20, announcementRef: { name: 'voice', key: 'hello.ogg' } },
    },
  }),
  number('no account', { businessAccountID: undefined }, 'businessAccountID'),
  number('an account by its name', { businessAccountID: 'Example Ltd' }, 'businessAccountID must be the digits'),
  number('a webhook that only subscribes', { webhook: {} }),
  number('a callback without its word', { appSecretRef: { name: 'meta', key: 's' }, webhook: { callbackURL: 'https://a.example.com' } }, 'go together'),
  number(
    'a callback without the app’s secret',
    { webhook: { callbackURL: 'https://a.example.com', verifyTokenRef: { name: 'meta', key: 'word' } } },
    'webhook.callbackURL needs appSecretRef',
  ),
  number(
    'a callback by plain http',
    { appSecretRef: { name: 'm', key: 's' }, webhook: { callbackURL: 'http://a.example.com', verifyTokenRef: { name: 'm', key: 'w' } } },
    'callbackURL must be an https address',
  ),
  number('an unknown country', { calling: { icon: { countries: ['XX'] } } }, 'countries'),
  number('a country in small letters', { calling: { icon: { countries: ['gb'] } } }, 'countries'),
  hours('three entries for a day', week(['Monday', '09:00', '10:00'], ['Monday', '11:00', '12:00'], ['Monday', '13:00', '14:00']), 'at most two entries for one day'),
  hours('overlapping hours', week(['Friday', '09:00', '12:00'], ['Friday', '11:59', '13:00']), 'hours of one day must not overlap'),
  hours('the same hours twice', week(['Friday', '09:00', '12:00'], ['Friday', '09:00', '12:00']), 'hours of one day must not overlap'),
  hours('hours past midnight', week(['Friday', '22:00', '02:00']), 'open must be before close'),
  hours('no hours at all', week(), 'weekly'),
  hours('hours without minutes', week(['Friday', '9', '17']), 'a time of day must be written as HH:MM'),
  hours('hours of another day than there is', week(['Freitag', '09:00', '17:00']), 'day'),
  hours('an hour that there is not', week(['Friday', '09:00', '24:00']), 'a time of day must be written as HH:MM'),
  hours('a zone by its abbreviation', { timeZone: 'cet' }, 'timeZone must be the name of a time zone'),
  hours('a zone by its offset', { timeZone: '+01:00' }, 'timeZone must be the name of a time zone'),
  hours('UTC', { timeZone: 'UTC' }),
  hours('a holiday', { holidays: [day('2026-12-25')] }),
  hours('21 holidays', { holidays: Array.from({ length: 21 }, (_, i) => day(`2027-01-${String(i + 1).padStart(2, '0')}`)) }, 'holidays'),
  hours('three entries for a holiday', { holidays: [day('2026-12-25', '01:00'), day('2026-12-25', '02:00'), day('2026-12-25', '03:00')] }, 'at most two entries for one date'),
  hours('a holiday that overlaps itself', { holidays: [day('2026-12-25'), day('2026-12-25')] }, 'hours of one date must not overlap'),
  hours('a date the other way round', { holidays: [day('25-12-2026')] }, 'a date must be written as YYYY-MM-DD'),
  number('a request-URI parameter with a blank', { calling: { requestURIParameters: { tgrp: 'a b' } } }, 'requestURIParameters must be'),
  number('a request-URI parameter with a semicolon', { calling: { requestURIParameters: { 'a;b': 'c' } } }, 'requestURIParameters must be'),
  voicemail('voicemail after a refusal', { triggers: ['Reject'] }),
  voicemail('voicemail without triggers', { triggers: [] }, 'triggers'),
  voicemail('a time-out without its time', { triggers: ['Timeout'] }, 'trigger Timeout needs timeoutSeconds'),
  voicemail('a time-out of a minute', { timeoutSeconds: 60 }, 'timeoutSeconds'),
  voicemail('voicemail without announcement', { triggers: ['Reject'], announcementRef: undefined }, 'announcementRef'),
  phone('+4915112345678'),
  phone('+123456789012345'),
  phone('15550001111', E164),
  phone('+0155500011', E164),
  phone('+1 555 000 1111', E164),
  phone('+1555000111a', E164),
  phone('+12345', E164),
  phone('+1234567890123456', 'phoneNumber'),
  phone('', E164),
  phone(15550001111, 'phoneNumber'),
  number('an id with a plus', { phoneNumberID: '+15550001111' }, 'phoneNumberID must be the digits'),
  number('an id as a number', { phoneNumberID: 106540352242922 }, 'phoneNumberID'),
  number('no token', { accessTokenRef: undefined }, 'accessTokenRef'),
  number('a token without a key', { accessTokenRef: { name: 'meta' } }, 'key'),
  number('a token with an empty key', { accessTokenRef: { name: 'meta', key: '' } }, 'key'),
  number('an unknown codec', { calling: { additionalCodecs: ['G729'] } }, 'additionalCodecs'),
  number('three codecs', { calling: { additionalCodecs: ['PCMA', 'PCMU', 'PCMA'] } }, 'additionalCodecs'),

  route('the smallest route', {}),
  route('a route of two numbers', { numbers: [{ name: 'sales' }, { name: 'support' }] }),
  route('destinations by priority and weight, and everything of failing over', {
    destinations: [{ uri: 'sip:a', priority: 10, weight: 3 }, { uri: 'sip:b', priority: 10 }, { uri: 'sip:c', priority: 65535, weight: 1000 }],
    failover: { on: ['Unreachable', 'Error', 'Unanswered', 'Busy', 'Refused'], ringSeconds: 60, withinSeconds: 120 },
  }),
  route('a route that never fails over', { failover: { on: [] } }),
  route('no destination', { destinations: [] }, 'spec.destinations'),
  route('eleven destinations', { destinations: Array.from({ length: 11 }, (_, i) => ({ uri: `sip:d${i}` })) }, 'spec.destinations'),
  route('a priority below 0', { destinations: [{ uri: 'sip:a', priority: -1 }] }, 'priority'),
  route('a weight of 0', { destinations: [{ uri: 'sip:a', weight: 0 }] }, 'weight'),
  route('a probe that there is not', { destinations: [{ uri: 'sip:a', probe: 'Ping' }] }, 'probe'),
  route('a product that there is not', { destinations: [{ uri: 'sip:a', preset: 'Avaya' }] }, 'preset'),
  ...PRESET_NAMES.map((preset) => route(`the preset of ${preset}`, { destinations: [{ uri: 'sip:a', preset }] })),
  route('all that a preset gives, said otherwise', {
    destinations: [{ uri: 'sip:a;transport=udp', preset: 'VoiceBlender', fromHost: 'Meta', probe: 'None', media: { codecs: ['PCMU'] } }],
  }),
  route('a From host that there is not', { destinations: [{ uri: 'sip:a', fromHost: 'example.com' }] }, 'fromHost'),
  route('headers that are set and taken off', {
    destinations: [{ uri: 'sip:a', headers: { set: [{ name: 'X-App-ID', value: 'bank 1' }], remove: ['x-wa-meta-user-name'] } }],
  }),
  ...['From', 'P-Asserted-Identity', 'X-', 'X-A:b', 'X-A b'].map((name) =>
    route(`a header named ${name}`, { destinations: [{ uri: 'sip:a', headers: { set: [{ name, value: 'a' }] } }] }, 'must begin with X-'),
  ),
  ...['a\r\nTo: b', ' a', 'a ', 'ü'].map((value) =>
    route(`a header with ${JSON.stringify(value)}`, { destinations: [{ uri: 'sip:a', headers: { set: [{ name: 'X-A', value }] } }] }, 'printable ASCII'),
  ),
  route('a digest user who may call', outboundFrom({ users: [{ username: 'desk', passwordRef: { name: 'pbx', key: 'password' } }] })),
  route('nobody who may call', outboundFrom({}), 'sources needs networks, users or both'),
  route('a user with a space', outboundFrom({ users: [{ username: 'a b', passwordRef: { name: 'pbx', key: 'p' } }] }), 'a username must be'),
  route('an announcement', { destinations: [{ announcement: { audioRef: { name: 'closed', key: 'de.wav' } } }] }),
  route('an announcement as the last resort', { destinations: [{ uri: 'sip:a' }, { announcement: { audioRef: { name: 'closed', key: 'de.wav' }, plays: 3 }, priority: 9 }] }),
  route('a destination that is nowhere', { destinations: [{ priority: 1 }] }, 'either a uri or an announcement'),
  route('a destination that is two', { destinations: [{ uri: 'sip:a', announcement: { audioRef: { name: 'closed', key: 'a' } } }] }, 'either a uri or an announcement'),
  route('an announcement that is probed', { destinations: [{ announcement: { audioRef: { name: 'closed', key: 'a' } }, probe: 'Options' }] }, 'an announcement has neither'),
  route('a key that is none', { destinations: [{ announcement: { audioRef: { name: 'closed', key: '../a' } } }] }, 'must be a key of a ConfigMap'),
  route('an announcement that is never played', { destinations: [{ announcement: { audioRef: { name: 'closed', key: 'a' }, plays: 0 } }] }, 'plays'),
  route('a limit of calls', { destinations: [{ uri: 'sip:a', maxCalls: 20 }] }),
  route('a limit of no call', { destinations: [{ uri: 'sip:a', maxCalls: 0 }] }, 'maxCalls'),
  number('a limit of calls', { maxCalls: 1000 }),
  number('a limit beyond Meta’s', { maxCalls: 1001 }, 'maxCalls'),
  route('a probe', { destinations: [{ uri: 'sip:a', probe: 'Options' }] }),
  route('encrypted audio in one codec', { destinations: [{ uri: 'sip:a', media: { encryption: 'SDES', codecs: ['PCMA'], transcoding: 'Never' } }] }),
  route('a way to encrypt that there is not', { destinations: [{ uri: 'sip:a', media: { encryption: 'ZRTP' } }] }, 'encryption'),
  route('no codec', { destinations: [{ uri: 'sip:a', media: { codecs: [] } }] }, 'codecs'),
  route('credentials for a destination', { destinations: [{ uri: 'sip:a', credentials: { username: 'trunk', realm: 'asterisk', passwordRef: { name: 's', key: 'k' } } }] }),
  route('credentials without a realm', { destinations: [{ uri: 'sip:a', credentials: { username: 'trunk', passwordRef: { name: 's', key: 'k' } } }] }, 'realm'),
  route('a realm that would end its quotes', { destinations: [{ uri: 'sip:a', credentials: { username: 'trunk', realm: 'a"b', passwordRef: { name: 's', key: 'k' } } }] }, 'a realm must be'),
  route('an announcement with credentials', { destinations: [{ announcement: { audioRef: { name: 'a', key: 'b' } }, credentials: { username: 'trunk', realm: 'a', passwordRef: { name: 's', key: 'k' } } }] }, 'an announcement has neither'),
  route('a destination with keys by DTLS', { destinations: [{ uri: 'sip:a', media: { encryption: 'DTLS' } }] }),
  route('a codec that cannot be offered', { destinations: [{ uri: 'sip:a', media: { codecs: ['G729'] } }] }, 'codecs'),
  route('the same codec twice', { destinations: [{ uri: 'sip:a', media: { codecs: ['PCMA', 'PCMA'] } }] }, 'each codec may stand there once'),
  route('a failure that there is not', { failover: { on: ['Bored'] } }, 'on'),
  route('the same failure twice', { failover: { on: ['Busy', 'Busy'] } }, 'on'),
  route('ringing for longer than Meta rings', { failover: { ringSeconds: 61 } }, 'ringSeconds'),
  route('no time at all', { failover: { withinSeconds: 0 } }, 'withinSeconds'),
  uri('sip:desk@pbx.example.com:5060;transport=udp'),
  uri('sip:+15550001111@192.0.2.1;transport=tcp'),
  uri('sip:pbx:65535'),
  uri('pbx.example.com', URI),
  uri('sips:pbx.example.com', URI),
  uri('sip:pbx.example.com:0', URI),
  uri('sip:pbx.example.com:65536', URI),
  uri('sip:pbx.example.com;transport=tls'),
  uri('sip:pbx.example.com;transport=ws', URI),
  uri('sip:pbx.example.com;foo=bar', URI),
  uri('sip:a b@pbx.example.com', URI),
  uri('sip:a|b@pbx.example.com', URI),
  uri('sip:@pbx.example.com', URI),
  uri('sip:', URI),
  uri('tel:+15550001111', URI),
  uri('sip:pbx.example.com\r\nX: y', URI),
  route('a priority', { priority: 65535 }),
  outbound('the smallest outbound route', {}),
  outbound('an outbound route with everything', {
    sources: { networks: ['10.0.0.0/8', '192.0.2.1/32'] },
    match: { callees: ['+44*', 'GB.*'], countries: ['GB'], exceptCountries: ['IE'], hours: { timeZone: 'Europe/London', ...week(['Monday', '09:00', '17:30']) } },
  }),
  outbound('an outbound route without sources', { sources: undefined }, 'an outbound route needs sources'),
  outbound('an outbound route without networks', { sources: { networks: [] } }, 'networks'),
  outbound('an outbound route from no network', { sources: { networks: ['10.0.0.1'] } }, CIDR),
  outbound('an outbound route with a destination', { destinations: [{ uri: 'sip:a' }] }, 'has neither destinations nor failover'),
  outbound('an outbound route that fails over', { failover: { on: [] } }, 'has neither destinations nor failover'),
  outbound('an outbound route that matches callers', { match: { callers: ['+44*'] } }, 'an outbound route matches by callees, countries and hours'),
  outbound('an outbound route that matches a button', { match: { callToAction: ['a'] } }, 'an outbound route matches by callees, countries and hours'),
  route('a direction that there is not', { direction: 'Both' }, 'direction'),
  route('an inbound route without destinations', { destinations: undefined }, 'an inbound route needs destinations'),
  route('an inbound route with sources', { sources: { networks: ['10.0.0.0/8'] } }, 'has neither sources nor permission'),
  route('an inbound route that asks for permission', { permission: {} }, 'has neither sources nor permission'),
  outbound('an outbound route that asks for permission', { permission: {} }),
  outbound('an outbound route that sends requests for permission', { permission: { request: 'Automatic', text: 'May we call you?' } }),
  outbound('words for requests that are never sent', { permission: { text: 'May we?' } }, 'with request Never there are none'),
  outbound('a request that says nothing', { permission: { request: 'OnDemand', text: '' } }, 'text'),
  route('an inbound route that matches callees', { match: { callees: ['+44*'] } }, 'match.callees is for outbound routes'),
  matching('all countries but some', { exceptCountries: ['US', 'CA'] }),
  route('a negative priority', { priority: -1 }, 'priority'),
  matching('everything', {
    callers: ['+447700900123', '+44*', '+*', 'GB.*', 'GB.ENT.1234'],
    countries: ['GB', 'IE'],
    callToAction: ['order=17', 'order=*'],
    deepLink: ['spring*'],
    hours: { timeZone: 'America/Argentina/Buenos_Aires', ...week(['Monday', '00:00', '24:00']), holidays: [{ date: '2026-12-25' }, day('2026-12-26')] },
  }),
  matching('nothing', {}, 'match must say what it matches'),
  matching('no caller', { callers: [] }, 'callers'),
  matching('the same caller twice', { callers: ['+44*', '+44*'] }, 'callers'),
  matching('a caller without a plus sign', { callers: ['44*'] }, 'a user must be written as'),
  matching('a caller with a star in the middle', { callers: ['+44*7'] }, 'a user must be written as'),
  matching('an empty caller', { callers: [''] }, 'a user must be written as'),
  matching('a country that there is not', { countries: ['UK'] }, 'countries'),
  matching('an empty payload', { deepLink: [''] }, 'deepLink'),
  matching('a payload longer than Meta allows', { callToAction: ['x'.repeat(513)] }, 'callToAction'),
  open('hours', {}),
  open('many hours of one day', week(['Monday', '01:00', '02:00'], ['Monday', '03:00', '04:00'], ['Monday', '05:00', '06:00'])),
  open('a zone that there is not', { timeZone: 'Europe/Londn' }, 'timeZone must be the name of a time zone'),
  open('a zone by its abbreviation', { timeZone: 'CET' }, 'timeZone must be the name of a time zone'),
  open('hours past midnight', week(['Friday', '22:00', '02:00']), 'open must be before close'),
  open('half a holiday', { holidays: [{ date: '2026-12-25', open: '10:00' }] }, 'a holiday has both open and close, or neither'),
  open('a holiday past midnight', { holidays: [{ date: '2026-12-25', open: '10:00', close: '09:00' }] }, 'open must be before close'),
  open('a minute that there is not', week(['Friday', '22:00', '24:01']), 'a time of day must be written as HH:MM'),
  route('no destination', { destinations: [] }, 'destinations'),
  route('no numbers', { numbers: [] }, 'numbers'),
  route('a number without a name', { numbers: [{}] }, 'name'),
];
