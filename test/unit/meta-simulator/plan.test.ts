// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { NumberTraits, Restriction } from '../../meta/graph/number.ts';
import { GraphState } from '../../meta/graph/state.ts';
import { planCall } from '../../meta/plan.ts';

const to = '+15550001111';
const now = 1_000_000;

/** A number that calls reach, apart from `change`. */
function state(change: Partial<NumberTraits> = {}): GraphState {
  const made = new GraphState(() => now);
  const number = made.addNumber({ phoneNumberID: '1', phoneNumber: to, businessAccountID: '2', ...change });
  made.addToken({ token: 't', appId: '3', scopes: ['whatsapp_business_messaging'] });
  number.calling = { status: 'ENABLED', sip: { status: 'ENABLED' }, srtp_key_exchange_protocol: 'SDES' };
  number.servers = [
    { appId: '3', hostname: 'sip.example.net', port: 5061, requestUriUserParams: {}, password: 'p' },
  ];
  return made;
}

const restriction = (type: Restriction['type'], expiration: number): Partial<NumberTraits> =>
  ({ restrictions: [{ type, reason: 'quality', expiration }] });

describe('a user’s call', () => {
  test('goes to the number’s server', () => {
    expect(planCall(state(), { to })).toMatchObject({ hostname: 'sip.example.net', port: 5061, password: 'p' });
  });

  test('is keyed as the number’s settings say, which is DTLS where they say nothing', () => {
    expect(planCall(state(), { to })).toMatchObject({ keyExchange: 'SDES', codecs: ['opus'] });
    expect(planCall(state(), { to, keyExchange: 'DTLS' })).toMatchObject({ keyExchange: 'DTLS' });
    const silent = state();
    delete silent.numberByPhone(to)?.calling.srtp_key_exchange_protocol;
    expect(planCall(silent, { to })).toMatchObject({ keyExchange: 'DTLS' });
    const stranger = { to: '+15550009999', server: { hostname: 'sip.example.net' } };
    expect(planCall(silent, stranger)).toMatchObject({ keyExchange: 'SDES', codecs: ['opus'] });
  });

  test.each([
    ['number_not_connected', { numberStatus: 'BANNED' }],
    ['number_not_connected', { numberStatus: 'DISCONNECTED' }],
    ['calling_restricted', restriction('RESTRICTED_USER_INITIATED_CALLING', 1001)],
    ['calling_restricted', restriction('RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING', 1001)],
  ] as const)('fails before any INVITE: %s', (failure, change) => {
    expect(planCall(state(change), { to })).toMatchObject({ failure, detail: expect.stringContaining(to) });
  });

  test('goes through when the restriction has ended, or is about calls of the business', () => {
    for (const change of [
      restriction('RESTRICTED_USER_INITIATED_CALLING', 1000), restriction('RESTRICTED_BUSINESS_INITIATED_CALLING', 9999),
    ]) expect(planCall(state(change), { to })).not.toHaveProperty('failure');
  });

  test('fails while the server’s app is in development, or lacks the messaging scope', () => {
    const development = state();
    development.addApp({ appId: '3', mode: 'development' });
    expect(planCall(development, { to })).toMatchObject({ failure: 'app_in_development' });
    development.addApp({ appId: '3', mode: 'live' });
    expect(planCall(development, { to })).not.toHaveProperty('failure');
    development.addToken({ token: 't', appId: '3', scopes: ['whatsapp_business_management'] });
    expect(planCall(development, { to })).toMatchObject({ failure: 'app_not_authorized' });
  });

  test('goes on when the app’s token is revoked: the permission is the app’s', () => {
    const revoked = state();
    revoked.revokeToken('t');
    expect(planCall(revoked, { to })).not.toHaveProperty('failure');
  });

  test('needs the messaging scope for this very number', () => {
    const narrow = state();
    narrow.addToken({ token: 't', appId: '3', scopes: ['whatsapp_business_messaging'], accounts: ['9'] });
    expect(planCall(narrow, { to })).toMatchObject({ failure: 'app_not_authorized' });
  });
});
