// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subscribedApps, subscriptions, toSubscribe, WATCHED_FIELDS } from '../../../operator/meta/subscriptions.ts';

const URL = 'https://hooks.example.com/whatsapp';
const fields = fc.uniqueArray(fc.constantFrom('messages', 'calls', 'flows', ...WATCHED_FIELDS));
const found = fc.option(fc.record({ callbackURL: fc.constantFrom(URL, '', 'https://other.example.com'), fields }), {
  nil: undefined,
});

describe('what is to be subscribed', () => {
  it('is all that is watched beside all that others have, and nothing once that is there', () => {
    fc.assert(
      fc.property(found, (before) => {
        const wanted = toSubscribe(before, URL);
        const after = wanted ?? before;
        expect(after?.callbackURL).toBe(URL);
        expect(after?.fields).toEqual(expect.arrayContaining([...(before?.fields ?? []), ...WATCHED_FIELDS]));
        expect(new Set(after?.fields).size).toBe(after?.fields.length);
        expect(toSubscribe(after, URL)).toBeUndefined();
      }),
    );
  });

  it('does not depend on the order of fields', () => {
    expect(toSubscribe({ callbackURL: URL, fields: WATCHED_FIELDS.toReversed() }, URL)).toBeUndefined();
  });

  it('is the same for another address', () => {
    expect(toSubscribe({ callbackURL: 'https://old.example.com', fields: [...WATCHED_FIELDS] }, URL)).toMatchObject({
      callbackURL: URL,
    });
  });
});

describe('what Meta shows', () => {
  it('are the account’s apps, their ids as text or number', () => {
    const app = (id: unknown) => ({ whatsapp_business_api_data: { id, name: 'x', link: 'y' } });
    expect(subscribedApps.parse({ data: [app('7'), app(8)] })).toEqual(['7', '8']);
    expect(subscribedApps.parse({ data: [] })).toEqual([]);
  });

  it('is the app’s webhook of business accounts, its fields as words or with their version', () => {
    const entry = {
      object: 'whatsapp_business_account',
      callback_url: URL,
      active: true,
      fields: [{ name: 'calls', version: 'v25.0' }, 'messages'],
    };
    expect(subscriptions.parse({ data: [{ ...entry, object: 'page' }, entry] })).toEqual({
      callbackURL: URL,
      fields: ['calls', 'messages'],
    });
  });

  it.each([
    ['no webhook', []],
    ['only one of another kind', [{ object: 'page' }]],
    ['only one that is switched off', [{ object: 'whatsapp_business_account', active: false }]],
  ])('may be %s', (_, data) => {
    expect(subscriptions.parse({ data })).toBeUndefined();
  });

  it('may leave everything out that is not needed', () => {
    expect(subscriptions.parse({ data: [{ object: 'whatsapp_business_account' }] })).toEqual({ callbackURL: '', fields: [] });
  });
});
