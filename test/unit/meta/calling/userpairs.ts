// SPDX-License-Identifier: Apache-2.0
// Pairs of declared and observed settings: what users see, hours and holidays, voicemail.
import { differs, MEDIA, same, type Pair } from './declared.ts';

const countries = (...list: string[]): object => ({ call_icons: { restrict_to_user_countries: list } });
const onlyIn = (...list: string[]): object => ({ icon: { countries: list } });
const COUNTRIES = 'call_icons.restrict_to_user_countries';

export const ICON_PAIRS: readonly Pair[] = [
  same('the icon is shown by default', { icon: { visibility: 'Shown' } }, {}),
  same('the icon is shown, by the reference’s word', { icon: { visibility: 'Shown' } }, { call_icon_visibility: 'visible' }),
  differs('the icon is hidden', { icon: { visibility: 'Shown' } }, [
    { call_icon_visibility: 'DISABLE_ALL' },
    { call_icon_visibility: 'DEFAULT' },
    'call_icon_visibility is DISABLE_ALL, declared DEFAULT',
  ]),
  same('the icon is hidden, by the reference’s word', { icon: { visibility: 'Hidden' } }, { call_icon_visibility: 'hidden' }),
  differs('the icon is to be hidden', { icon: { visibility: 'Hidden' } }, [
    {},
    { call_icon_visibility: 'DISABLE_ALL' },
    'call_icon_visibility is DEFAULT, declared DISABLE_ALL',
  ]),
  differs('the icon is hidden in chats only', { icon: { visibility: 'Hidden' } }, [
    { call_icon_visibility: 'HIDE_IN_CHAT' },
    { call_icon_visibility: 'DISABLE_ALL' },
    'call_icon_visibility is HIDE_IN_CHAT, declared DISABLE_ALL',
  ]),
  same('an icon that is nobody’s business', {}, { call_icon_visibility: 'DISABLE_ALL' }),
  same('countries in another order', onlyIn('IE', 'GB'), countries('GB', 'IE')),
  same('countries in lower case', onlyIn('GB'), countries('gb')),
  differs('countries are missing', onlyIn('IE', 'GB'), [{}, countries('GB', 'IE'), `${COUNTRIES} is none, declared GB, IE`]),
  differs('a country too many', onlyIn('GB'), [countries('GB', 'FR'), countries('GB'), `${COUNTRIES} is FR, GB, declared GB`]),
  same('all countries, by default', onlyIn(), {}),
  differs('all countries are declared', onlyIn(), [countries('GB'), countries(), `${COUNTRIES} is GB, declared none`]),
  same('countries that are nobody’s business', { icon: { visibility: 'Shown' } }, countries('GB')),
  differs('callback permission was never set', { callbackPermission: 'Disabled' }, [
    {},
    { callback_permission_status: 'DISABLED' },
    'callback_permission_status is not set, declared DISABLED',
  ]),
  differs('callback permission is off', { callbackPermission: 'Enabled' }, [
    { callback_permission_status: 'DISABLED' },
    { callback_permission_status: 'ENABLED' },
    'callback_permission_status is DISABLED, declared ENABLED',
  ]),
  same('callback permission in lower case', { callbackPermission: 'Enabled' }, { callback_permission_status: 'enabled' }),
  same('callback permission that is nobody’s business', {}, { callback_permission_status: 'ENABLED' }),
];

const LONDON = { timeZone: 'Europe/London', weekly: [{ day: 'Monday', open: '09:00', close: '17:30' }] };
const monday = (open_time: unknown, close_time: unknown): object => ({ day_of_week: 'MONDAY', open_time, close_time });
const shown = (more: object = {}): { call_hours: object } => ({
  call_hours: { status: 'ENABLED', timezone_id: 'Europe/London', weekly_operating_hours: [monday('0900', '1730')], ...more },
});
/** Meta replaces hours as a whole, so a write has all of them. */
const written = (more: object = {}): object => shown({ holiday_schedule: [], ...more });
const WEEKLY = 'call_hours.weekly_operating_hours';

export const HOURS_PAIRS: readonly Pair[] = [
  same('hours as HHMM', { hours: LONDON }, shown()),
  same('hours as HH:MM', { hours: LONDON }, shown({ weekly_operating_hours: [monday('09:00', '17:30')] })),
  same('hours as integers', { hours: LONDON }, shown({ weekly_operating_hours: [monday(900, 1730)] })),
  same(
    'midnight as an integer',
    { hours: { ...LONDON, weekly: [{ day: 'Monday', open: '00:00', close: '00:30' }] } },
    shown({ weekly_operating_hours: [monday(0, 30)] }),
  ),
  same(
    'day and status in lower case',
    { hours: LONDON },
    shown({ status: 'enabled', weekly_operating_hours: [{ ...monday('0900', '1730'), day_of_week: 'monday' }] }),
  ),
  differs('hours were never set', { hours: LONDON }, [
    {},
    written(),
    `call_hours.status is DISABLED, declared ENABLED; call_hours.timezone_id is not set, declared Europe/London; ${WEEKLY} is none, declared MONDAY 09:00-17:30`,
  ]),
  differs('hours are off', { hours: LONDON }, [
    shown({ status: 'DISABLED' }),
    written(),
    'call_hours.status is DISABLED, declared ENABLED',
  ]),
  differs('hours are to be off', { hours: { ...LONDON, status: 'Disabled' } }, [
    shown(),
    written({ status: 'DISABLED' }),
    'call_hours.status is ENABLED, declared DISABLED',
  ]),
  differs('another time zone', { hours: LONDON }, [
    shown({ timezone_id: 'Asia/Singapore' }),
    written(),
    'call_hours.timezone_id is Asia/Singapore, declared Europe/London',
  ]),
  differs('another closing time', { hours: LONDON }, [
    shown({ weekly_operating_hours: [monday('0900', '1200')] }),
    written(),
    `${WEEKLY} is MONDAY 09:00-12:00, declared MONDAY 09:00-17:30`,
  ]),
  differs('a day too many', { hours: LONDON }, [
    shown({ weekly_operating_hours: [monday('0900', '1730'), { ...monday('1000', '1200'), day_of_week: 'SUNDAY' }] }),
    written(),
    `${WEEKLY} is MONDAY 09:00-17:30, SUNDAY 10:00-12:00, declared MONDAY 09:00-17:30`,
  ]),
  same(
    'two entries of a day in another order',
    {
      hours: {
        ...LONDON,
        weekly: [
          { day: 'Monday', open: '14:00', close: '18:00' },
          { day: 'Monday', open: '09:00', close: '12:00' },
        ],
      },
    },
    shown({ weekly_operating_hours: [monday('0900', '1200'), monday('1400', '1800')] }),
  ),
  same(
    'hours that are nobody’s business',
    {},
    shown({ holiday_schedule: [{ date: '2026-12-25', start_time: '0000', end_time: '1200' }] }),
  ),
];

const christmas = { date: '2026-12-25', open: '00:00', close: '12:00' };
const past = { date: '2026-06-14', open: '10:00', close: '12:00' };
const today = { ...past, date: '2026-06-15' };
const holiday = { date: '2026-12-25', start_time: '0000', end_time: '1200' };
const on = (...holidays: object[]): object => ({ hours: { ...LONDON, holidays } });
const schedule = (...entries: object[]): object => shown({ holiday_schedule: entries });
const HOLIDAYS = 'call_hours.holiday_schedule';
const todayText = '2026-06-15 10:00-12:00';
const todayShown = { date: '2026-06-15', start_time: '1000', end_time: '1200' };

export const HOLIDAY_PAIRS: readonly Pair[] = [
  same('a holiday', on(christmas), schedule(holiday)),
  same('a holiday by the table’s keys', on(christmas), schedule({ date: '2026-12-25', open_time: '0000', close_time: '1200' })),
  same('a holiday with day, month, year', on(christmas), schedule({ ...holiday, date: '25-12-2026' })),
  same('a holiday with integers', on(christmas), schedule({ ...holiday, start_time: 0, end_time: 1200 })),
  same('no holidays, said as null', { hours: LONDON }, shown({ holiday_schedule: null })),
  differs('a holiday is missing', on(christmas), [
    shown(),
    schedule(holiday),
    `${HOLIDAYS} is none, declared 2026-12-25 00:00-12:00`,
  ]),
  differs('a holiday too many', { hours: LONDON }, [
    schedule(holiday),
    written(),
    `${HOLIDAYS} is 2026-12-25 00:00-12:00, declared none`,
  ]),
  differs('a holiday has other hours', on(christmas), [
    schedule({ ...holiday, end_time: '1300' }),
    schedule(holiday),
    `${HOLIDAYS} is 2026-12-25 00:00-13:00, declared 2026-12-25 00:00-12:00`,
  ]),
  differs('the week differs, and holidays are not wiped', on(christmas), [
    shown({ weekly_operating_hours: [monday('0900', '1200')], holiday_schedule: [holiday] }),
    schedule(holiday),
    `${WEEKLY} is MONDAY 09:00-12:00, declared MONDAY 09:00-17:30`,
  ]),
  same('a declared holiday that is past', on(past), shown()),
  same(
    'a holiday at Meta that is past',
    { hours: LONDON },
    schedule({ date: '2026-06-14', start_time: '1000', end_time: '1200' }),
  ),
  differs('one declared holiday is past, and one to come', on(past, christmas), [
    shown(),
    schedule(holiday),
    `${HOLIDAYS} is none, declared 2026-12-25 00:00-12:00`,
  ]),
  differs('a past one at Meta goes with the next write', on(christmas), [
    schedule({ ...holiday, date: '2025-12-25' }),
    schedule(holiday),
    `${HOLIDAYS} is none, declared 2026-12-25 00:00-12:00`,
  ]),
  differs('today’s holiday', on(today), [shown(), schedule(todayShown), `${HOLIDAYS} is none, declared ${todayText}`]),
  same(
    'a holiday that is over where the number is',
    { hours: { ...LONDON, timeZone: 'Pacific/Kiritimati', holidays: [today] } },
    shown({ timezone_id: 'Pacific/Kiritimati' }),
  ),
  differs(
    'a holiday that is still today where the number is',
    { hours: { ...LONDON, timeZone: 'Pacific/Pago_Pago', holidays: [past] } },
    [
      shown({ timezone_id: 'Pacific/Pago_Pago' }),
      shown({ timezone_id: 'Pacific/Pago_Pago', holiday_schedule: [{ ...todayShown, date: '2026-06-14' }] }),
      `${HOLIDAYS} is none, declared 2026-06-14 10:00-12:00`,
    ],
  ),
];

const announcementRef = { name: 'hello', key: 'hello.ogg' };
const voicemail = (more: object = {}): object => ({ voicemail: { timeoutSeconds: 20, announcementRef, ...more } });
const messages = (more: object = {}, audio: object = {}): object => ({
  voicemail: {
    status: 'ENABLED',
    triggers: ['REJECT', 'TIMEOUT'],
    audio: { default: { announcement_media_id: Number(MEDIA), timeout_seconds: 20, ...audio } },
    ...more,
  },
});
const LONG_ID = '9876543210123457';
const ONLY_REFUSED = { triggers: ['Reject'], timeoutSeconds: undefined };
const refusedOnly = { triggers: ['REJECT'], audio: { default: { announcement_media_id: Number(MEDIA) } } };

export const VOICEMAIL_PAIRS: readonly Pair[] = [
  same('voicemail as declared', voicemail(), messages()),
  same(
    'voicemail in lower case and another order',
    voicemail(),
    messages({ status: 'enabled', triggers: ['timeout', 'reject'] }),
  ),
  same(
    'the announcement’s id and the time as text',
    voicemail(),
    messages({}, { announcement_media_id: MEDIA, timeout_seconds: '20' }),
  ),
  differs('voicemail was never set', voicemail(), [
    {},
    messages(),
    'voicemail.status is DISABLED, declared ENABLED; voicemail.triggers is none, declared REJECT, TIMEOUT; ' +
      `voicemail.audio.default.announcement_media_id is none, declared ${MEDIA}; voicemail.audio.default.timeout_seconds is none, declared 20`,
  ]),
  differs('another announcement', voicemail(), [
    messages({}, { announcement_media_id: 5 }),
    messages(),
    `voicemail.audio.default.announcement_media_id is 5, declared ${MEDIA}`,
  ]),
  differs('another time', voicemail(), [
    messages({}, { timeout_seconds: 0 }),
    messages(),
    'voicemail.audio.default.timeout_seconds is 0, declared 20',
  ]),
  differs('voicemail is to be off', voicemail({ status: 'Disabled' }), [
    messages(),
    messages({ status: 'DISABLED' }),
    'voicemail.status is ENABLED, declared DISABLED',
  ]),
  differs('a trigger too many', voicemail(ONLY_REFUSED), [
    messages(),
    messages(refusedOnly),
    'voicemail.triggers is REJECT, TIMEOUT, declared REJECT',
  ]),
  same('a time that is nobody’s business', voicemail(ONLY_REFUSED), messages({ triggers: ['REJECT'] })),
  same('voicemail that is nobody’s business', {}, messages()),
  {
    ...same('an id with more digits than a number holds', voicemail(), messages({}, { announcement_media_id: LONG_ID })),
    announcementID: LONG_ID,
  },
  {
    ...differs('another id with as many digits', voicemail(), [
      messages({}, { announcement_media_id: '9876543210123458' }),
      messages({}, { announcement_media_id: LONG_ID }),
      `voicemail.audio.default.announcement_media_id is 9876543210123458, declared ${LONG_ID}`,
    ]),
    announcementID: LONG_ID,
  },
  { ...same('voicemail whose announcement is not uploaded', voicemail(), {}), announcementID: undefined },
];
