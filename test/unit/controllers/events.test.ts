// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { handleEvent } from '../../../operator/controllers/settings/events.ts';
import { number } from '../builders.ts';

const numbers = [number('sales', '+15550001111'), number('support', '+15550002222', { spec: { businessAccountID: '999999999' } })];

function keysOf(...changes: { id: string; field: string; value: object }[]): string[] {
  const looked: string[] = [];
  const entry = changes.map(({ id, ...change }) => ({ id, time: 1_790_000_000, changes: [change] }));
  const keys = handleEvent({ object: 'whatsapp_business_account', entry }, { numbers: () => numbers, look: (key) => looked.push(key) });
  expect(looked).toEqual(keys);
  return keys;
}

describe('an event of Meta’s webhooks', () => {
  it('about a number’s settings has just that number looked at', () => {
    const value = { type: 'phone_number_settings', phone_number_settings: { phone_number_id: '915550001111', calling: {} } };
    expect(keysOf({ id: '102290129340398', field: 'account_settings_update', value })).toEqual(['voice/sales']);
  });

  it('about a restriction finds the number by its digits, as the entry names no account', () => {
    const value = { phone_number: '15550002222', event: 'ACCOUNT_RESTRICTION', restriction_info: [{ restriction_type: 'RESTRICTED_USER_INITIATED_CALLING' }] };
    expect(keysOf({ id: '0', field: 'account_update', value })).toEqual(['voice/support']);
  });

  it('about an account has all its numbers looked at', () => {
    expect(keysOf({ id: '102290129340398', field: 'account_review_update', value: { decision: 'APPROVED' } })).toEqual(['voice/sales']);
  });

  it('about something else, or that nobody can read, has nothing looked at', () => {
    expect(keysOf({ id: '102290129340398', field: 'messages', value: {} })).toEqual([]);
    expect(handleEvent('nonsense', { numbers: () => numbers, look: () => {} })).toEqual([]);
  });
});
