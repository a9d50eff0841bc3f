// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affected, toKeys, type Affected, type KnownNumber } from '../../../operator/meta/events.ts';

const WABA = '102290129340398';
const PNID = '106540352242922';

interface Body {
  object: string;
  entry: unknown[];
}

const entryOf = (id: unknown, ...changes: unknown[]): object => ({ id, time: 1_790_000_000, changes });
const bodyOf = (...entry: unknown[]): Body => ({ object: 'whatsapp_business_account', entry });
const one = (field: string, value: unknown, id: unknown = WABA): Body => bodyOf(entryOf(id, { field, value }));

const settings = (type: unknown, phoneNumberID: unknown = PNID): object => ({
  messaging_product: 'whatsapp',
  timestamp: '1790000000',
  type,
  phone_number_settings: { phone_number_id: phoneNumberID, calling: { status: 'ENABLED' } },
});
const restriction = {
  phone_number: '15550001111',
  event: 'ACCOUNT_RESTRICTION',
  restriction_info: [{ restriction_type: 'RESTRICTED_USER_INITIATED_CALLING', expiration: 1_790_604_800 }],
};
const quality = { display_phone_number: '15550001111', event: 'ONBOARDING', max_daily_conversations_per_business: 'TIER_2K' };
const name = { display_phone_number: '+1 555-000-1111', decision: 'REJECTED', rejection_reason: 'NAME_NOT_CONSISTENT' };
const removed = { event: 'PARTNER_REMOVED', waba_info: { waba_id: '200000000000002', owner_business_id: '300000000000003' } };
const alert = (type: string, id: unknown): object => ({
  entity_type: type,
  entity_id: id,
  alert_info: { alert_severity: 'WARNING', alert_status: 'ACTIVE', alert_type: 'OBA_REJECTED', alert_description: '…' },
});

/** Meta's documented values, and whom each concerns. */
const samples: [string, Body, Omit<Affected, 'field'>[]][] = [
  ['account_settings_update', one('account_settings_update', settings('phone_number_settings')), [{ phoneNumberID: PNID }]],
  ['account_update', one('account_update', restriction, '0'), [{ phoneNumber: '15550001111' }]],
  [
    'account_update',
    one('account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }),
    [{ businessAccountID: WABA }],
  ],
  ['account_update', one('account_update', removed, '300000000000003'), [{ businessAccountID: '200000000000002' }]],
  ['phone_number_quality_update', one('phone_number_quality_update', quality), [{ phoneNumber: '15550001111' }]],
  ['phone_number_name_update', one('phone_number_name_update', name), [{ phoneNumber: '15550001111' }]],
  ['security', one('security', { display_phone_number: '15550001111', event: 'PIN_CHANGED' }), [{ phoneNumber: '15550001111' }]],
  ['account_alerts', one('account_alerts', alert('PHONE_NUMBER', PNID)), [{ phoneNumberID: PNID }]],
  ['account_alerts', one('account_alerts', alert('BUSINESS', '300000000000003')), [{ businessAccountID: WABA }]],
  ['account_alerts', one('account_alerts', alert('CURRENT_STATUS_ID', '400')), []],
  ['account_review_update', one('account_review_update', { decision: 'APPROVED' }), [{ businessAccountID: WABA }]],
  [
    'business_capability_update',
    one('business_capability_update', { max_daily_conversations_per_business: 2000 }),
    [{ businessAccountID: WABA }],
  ],
];

describe('affected', () => {
  it.each(samples)('reads Meta’s sample of %s: %j', (field, body, who) => {
    expect(affected(body)).toEqual(who.map((each) => ({ ...each, field })));
  });

  it.each(['PHONE_NUMBER_SETTINGS', 'Phone_Number_Settings', undefined])('takes a settings update of type %s', (type) => {
    expect(affected(one('account_settings_update', settings(type)))).toMatchObject([{ phoneNumberID: PNID }]);
  });

  it('takes no settings update of another type', () => {
    expect(affected(one('account_settings_update', settings('something_new')))).toEqual([]);
  });

  it('takes fields and entity types in any case', () => {
    const body = one('ACCOUNT_ALERTS', alert('phone_number', PNID));
    expect(affected(body)).toEqual([{ phoneNumberID: PNID, field: 'account_alerts' }]);
  });

  it.each([
    '15550001111',
    '+15550001111',
    '+1 555-000-1111',
    '+1 (555) 000.1111',
    ' +1\u00a0555\u2011000\u20111111 ',
    15_550_001_111,
  ])('reads the display number %j by its digits', (display) => {
    expect(affected(one('security', { display_phone_number: display }))).toMatchObject([{ phoneNumber: '15550001111' }]);
  });

  it.each(['', ' ', '+', 'n/a 1', '1234567890123456', null, {}, -1, 1.5])('takes %j for no display number', (display) => {
    expect(affected(one('security', { display_phone_number: display }))).toEqual([]);
  });

  it('takes ids that come as numbers, unless they are too great to be exact', () => {
    expect(affected(one('account_review_update', {}, 102_290_129))).toMatchObject([{ businessAccountID: '102290129' }]);
    expect(affected(one('account_review_update', {}, 2 ** 60))).toEqual([]);
  });

  it.each(['0', 0, '', 'x', null, undefined])('knows no account under the entry id %j', (id) => {
    expect(affected(bodyOf({ id, changes: [{ field: 'account_review_update', value: {} }] }))).toEqual([]);
  });

  it('falls back on the account when an account update names a number that is not readable', () => {
    const body = one('account_update', { ...restriction, phone_number: 'hidden' });
    expect(affected(body)).toMatchObject([{ businessAccountID: WABA }]);
  });

  it('names both the number and the account where an account update does', () => {
    expect(affected(one('account_update', { ...removed, phone_number: '15550001111' }))).toMatchObject([
      { phoneNumber: '15550001111' },
      { businessAccountID: '200000000000002' },
    ]);
  });

  it.each(['messages', 'calls', 'message_template_status_update', 'constructor', '__proto__', 'toString'])(
    'is not concerned with the field %s',
    (field) => {
      expect(affected(one(field, { ...quality, ...settings('phone_number_settings') }))).toEqual([]);
    },
  );

  it.each([
    ['nothing', undefined],
    ['text', '{"object":"whatsapp_business_account"}'],
    ['a list', [bodyOf()]],
    ['a body of another product', { ...one('security', quality), object: 'page' }],
    ['a body without entries', { object: 'whatsapp_business_account' }],
    ['entries that are no list', { object: 'whatsapp_business_account', entry: { 0: entryOf(WABA) } }],
    ['changes that are no list', bodyOf({ id: WABA, changes: 'security' })],
    ['no value', bodyOf(entryOf(WABA, { field: 'security' }))],
  ])('takes %s for an event that affects nothing', (_, body) => {
    expect(affected(body)).toEqual([]);
  });

  it('reads the good changes of a batch past the bad ones', () => {
    const body = bodyOf(
      null,
      { id: WABA },
      entryOf(WABA, 7, { field: 7 }, { field: 'security', value: null }, { field: 'security', value: quality }),
      entryOf('0', { field: 'account_update', value: restriction }),
    );
    expect(affected(body)).toEqual([
      { phoneNumber: '15550001111', field: 'security' },
      { phoneNumber: '15550001111', field: 'account_update' },
    ]);
  });
});

const allEntries = samples.flatMap(([, { entry }]) => entry);
const sorted = (list: readonly Affected[]): string[] => list.map((each) => JSON.stringify(each)).sort();

/** The value without the member or element that a walk along `steps` ends at. */
function cut(value: unknown, [step = 0, ...rest]: readonly number[]): unknown {
  if (typeof value === 'string') return value.slice(0, step % (value.length + 1));
  if (typeof value !== 'object' || value === null) return undefined;
  const pairs = Object.entries(value);
  const at = step % Math.max(pairs.length, 1);
  const kept = pairs.flatMap(([key, member], i): [string, unknown][] => {
    if (i !== at) return [[key, member]];
    return rest.length ? [[key, cut(member, rest)]] : [];
  });
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept);
}

describe('affected, whatever comes', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (junk) => {
        expect(affected(junk)).toEqual([]);
        const bodies = [bodyOf(junk), bodyOf(entryOf(WABA, junk)), one('security', junk), one('account_update', junk, junk)];
        for (const body of bodies) expect(affected(body)).toBeInstanceOf(Array);
      }),
    );
  });

  it('names the same whatever the order and the repetition of a body’s entries', () => {
    const all = affected(bodyOf(...allEntries));
    const entries = fc
      .array(fc.constantFrom(...allEntries), { maxLength: 20 })
      .chain((extra) => fc.shuffledSubarray([...allEntries, ...extra], { minLength: allEntries.length + extra.length }));
    fc.assert(
      fc.property(entries, (batch) => {
        expect(sorted(affected(bodyOf(...batch)))).toEqual(sorted(all));
      }),
    );
  });

  it('names all that the rest of the body names, where one entry is cut off', () => {
    const mutilated = fc.tuple(fc.nat({ max: allEntries.length - 1 }), fc.array(fc.nat(), { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(mutilated, ([at, steps]) => {
        const rest = affected(bodyOf(...allEntries.toSpliced(at, 1)));
        const found = affected(bodyOf(...allEntries.with(at, cut(allEntries[at], steps))));
        expect(sorted(found)).toEqual(expect.arrayContaining(sorted(rest)));
      }),
    );
  });
});

describe('toKeys', () => {
  const numbers: KnownNumber[] = [
    { key: 'shop/sales', phoneNumber: '+15550001111', phoneNumberID: '111', businessAccountID: '900' },
    { key: 'shop/service', phoneNumber: '+15550002222', phoneNumberID: '222', businessAccountID: '900' },
    { key: 'bank/desk', phoneNumber: '+447700900000', phoneNumberID: '333', businessAccountID: '901' },
    { key: 'bank/new', phoneNumber: '+447700900001', phoneNumberID: '444', businessAccountID: '' },
  ];

  it.each<[Omit<Affected, 'field'>, string[]]>([
    [{ phoneNumberID: '222' }, ['shop/service']],
    [{ phoneNumber: '447700900000' }, ['bank/desk']],
    [{ businessAccountID: '900' }, ['shop/sales', 'shop/service']],
    [{ phoneNumberID: '15550001111' }, []],
    [{ phoneNumber: '111' }, []],
    [{ businessAccountID: '902' }, []],
  ])('finds the numbers that %j names', (who, keys) => {
    expect(toKeys([{ ...who, field: 'f' }], numbers)).toEqual(keys);
  });

  it('gives each key once, however many events name it', () => {
    const events = [{ businessAccountID: '900' }, { phoneNumberID: '111' }, { phoneNumber: '15550001111' }];
    expect(toKeys(events.map((who) => ({ ...who, field: 'f' })), numbers)).toEqual(['shop/sales', 'shop/service']);
  });

  it('gives both keys where two objects declare one number', () => {
    const twice = numbers.flatMap((number) => [number, { ...number, key: `copy-of-${number.key}` }]);
    expect(toKeys([{ phoneNumberID: '333', field: 'f' }], twice)).toEqual(['bank/desk', 'copy-of-bank/desk']);
  });

  it('finds nothing for no events', () => {
    expect(toKeys([], numbers)).toEqual([]);
  });
});
