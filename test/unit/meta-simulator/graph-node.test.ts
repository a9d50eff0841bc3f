// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { NumberTraits } from '../../meta/graph/number.ts';
import { account, client, id, record, refused } from './graph-client.ts';

describe('the phone number node', () => {
  test('is healthy unless told otherwise, in every field of the reference', async () => {
    const fields = {
      display_phone_number: '+1 555-000-1111', verified_name: 'Example Ltd', quality_rating: 'GREEN',
      code_verification_status: 'VERIFIED', name_status: 'APPROVED', new_name_status: 'NONE', status: 'CONNECTED',
      platform_type: 'CLOUD_API', host_platform: 'CLOUD_API', throughput: { level: 'STANDARD' },
      whatsapp_business_manager_messaging_limit: 'TIER_2K', account_mode: 'LIVE', is_official_business_account: false,
      is_pin_enabled: false, is_on_biz_app: false, country_code: 'US', webhook_configuration: {},
    };
    const { body } = await client().get(`/${id}?fields=${Object.keys(fields).join(',')}`);
    expect(body).toEqual({ id, ...fields });
  });

  test('shows what the number is made of', async () => {
    const change: Partial<NumberTraits> = {
      numberStatus: 'PENDING', platformType: 'ON_PREMISE', codeVerification: 'NOT_VERIFIED', nameStatus: 'PENDING_REVIEW',
      newNameStatus: 'DECLINED', quality: 'RED', official: true, onBizApp: true, messagingLimit: 'TIER_250',
      accountMode: 'SANDBOX', pin: '123456', throughput: 'HIGH', countryCode: 'GB', verifiedName: 'Other',
    };
    const shown = {
      status: 'PENDING', platform_type: 'ON_PREMISE', host_platform: 'ON_PREMISE',
      code_verification_status: 'NOT_VERIFIED', name_status: 'PENDING_REVIEW', new_name_status: 'DECLINED',
      quality_rating: 'RED', is_official_business_account: true, is_on_biz_app: true,
      whatsapp_business_manager_messaging_limit: 'TIER_250', account_mode: 'SANDBOX', is_pin_enabled: true,
      throughput: { level: 'HIGH' }, country_code: 'GB', verified_name: 'Other',
    };
    const query = `/${id}?fields=${Object.keys(shown).join(',')}`;
    expect((await client(change).get(query)).body).toEqual({ id, ...shown });
    const later = client();
    Object.assign(later.state.number(id) ?? {}, change);
    expect((await later.get(query)).body).toEqual({ id, ...shown });
  });
});

describe('the account node', () => {
  test('is made, healthy, with the first number that names it', async () => {
    const graph = client();
    expect((await graph.get(`/${account}`)).body).toEqual({
      id: account, name: 'Example Ltd', timezone_id: '1', message_template_namespace: 'namespace_2001',
    });
    const query = `/${account}?fields=account_review_status,business_verification_status,primary_funding_id,status`;
    expect((await graph.get(query)).body).toEqual({
      id: account, account_review_status: 'APPROVED', business_verification_status: 'verified',
      primary_funding_id: '92001', status: 'ACTIVE',
    });
  });

  test('shows what it is changed to, and no funding without a payment method', async () => {
    const graph = client();
    const change = { businessVerificationStatus: 'rejected', primaryFundingID: undefined, currency: 'GBP' } as const;
    graph.state.addAccount({ id: account, ...change });
    const query = `/${account}?fields=business_verification_status,primary_funding_id,currency`;
    const shown = { id: account, business_verification_status: 'rejected', currency: 'GBP' };
    expect((await graph.get(query)).body).toEqual(shown);
    expect(await graph.get(`/${account}?fields=colour`)).toMatchObject(refused(100, /nonexisting field \(colour\)/));
  });

  test('shows its numbers and subscribed apps as fields too', async () => {
    const graph = client();
    const { body } = await graph.get(`/${account}?fields=phone_numbers{id,status},subscribed_apps,name`);
    expect(body).toMatchObject({
      id: account, name: 'Example Ltd', phone_numbers: { data: [{ id, status: 'CONNECTED' }] },
      subscribed_apps: { data: [] },
    });
    expect(Object.keys(record(body['phone_numbers']))).toEqual(['data', 'paging']);
  });

  test('needs the management scope, and a token that was granted for it', async () => {
    const scopes = ['whatsapp_business_messaging'] as const;
    expect(await client({}, { token: { scopes } }).get(`/${account}`)).toMatchObject({ status: 403 });
    const granted = { accounts: ['2002'] };
    const error = { status: 400, body: { error: { code: 100, error_subcode: 33 } } };
    expect(await client({}, { token: granted }).get(`/${account}`)).toMatchObject(error);
    expect((await client({}, { token: { accounts: [account] } }).get(`/${account}`)).status).toBe(200);
  });
});

describe('the list of numbers', () => {
  const ids = (body: Record<string, unknown>) => {
    const { data } = body;
    return Array.isArray(data) ? data.map((entry) => record(entry)['id']) : undefined;
  };

  function withNumbers(count: number): ReturnType<typeof client> {
    const graph = client();
    for (let i = 2; i <= count; i++) {
      const phoneNumberID = String(100_000_000_000_000 + i);
      graph.state.addNumber({ phoneNumberID, phoneNumber: `+1555000${1110 + i}`, businessAccountID: account });
    }
    return graph;
  }

  test('comes in pages of 25 whose links lead through all of it, each number once', async () => {
    const graph = withNumbers(60);
    const seen: unknown[] = [];
    let path: string | undefined = `/${account}/phone_numbers?fields=id`;
    const sizes: number[] = [];
    while (path !== undefined) {
      const { body } = await graph.get(path);
      const page = ids(body) ?? [];
      seen.push(...page);
      sizes.push(page.length);
      const { next } = record(body['paging']);
      path = typeof next === 'string' ? next.replace('https://graph.facebook.com/v25.0', '') : undefined;
    }
    expect(sizes).toEqual([25, 25, 10]);
    expect(new Set(seen).size).toBe(60);
  });

  test('goes back by the cursor before, and refuses one that is nobody’s', async () => {
    const graph = withNumbers(5);
    const list = `/${account}/phone_numbers?fields=id&limit=2`;
    const first = await graph.get(list);
    const { cursors } = record(first.body['paging']);
    const second = await graph.get(`${list}&after=${String(record(cursors)['after'])}`);
    const { before } = record(record(second.body['paging'])['cursors']);
    expect(ids((await graph.get(`${list}&before=${String(before)}`)).body)).toEqual(ids(first.body));
    expect(await graph.get(`${list}&after=xyz`)).toMatchObject(refused(100, /cursors/));
    expect(await graph.get(`/${account}/phone_numbers?limit=0`)).toMatchObject(refused(100, /limit/));
  });

  test('leaves out what the token may not see, and numbers that are gone', async () => {
    const graph = withNumbers(3);
    graph.state.addToken({ token: 'one', appId: '1', scopes: ['whatsapp_business_management'], phoneNumberIDs: [id] });
    const { body } = await graph.send('GET', `/${account}/phone_numbers`, { bearer: 'one' });
    expect(ids(body)).toEqual([id]);
    graph.state.removeNumber(id);
    expect(ids((await graph.get(`/${account}/phone_numbers`)).body)).toHaveLength(2);
  });
});

describe('subscribed apps', () => {
  const path = `/${account}/subscribed_apps`;
  const override = { override_callback_uri: 'https://hooks.example.net/meta', verify_token: 'v' };

  test('are the apps of the tokens that subscribed, until they unsubscribe', async () => {
    const first = client();
    const second = client({}, { state: first.state, appId: '7002' });
    expect((await first.send('POST', path)).body).toEqual({ success: true });
    await second.send('POST', path);
    expect((await first.get(path)).body).toMatchObject({
      data: [
        { whatsapp_business_api_data: { id: '7001', name: 'App 7001' } }, { whatsapp_business_api_data: { id: '7002' } },
      ],
    });
    await first.send('DELETE', path);
    expect((await first.get(path)).body).toMatchObject({ data: [{ whatsapp_business_api_data: { id: '7002' } }] });
  });

  test('have an override once its address passed the challenge, and none after an empty body', async () => {
    const asked: string[][] = [];
    const verifyCallback = (...each: string[]) => { asked.push(each); return Promise.resolve(); };
    const graph = client({}, { verifyCallback });
    expect((await graph.send('POST', path, { body: override })).status).toBe(200);
    expect(asked).toEqual([['https://hooks.example.net/meta', 'v']]);
    expect(JSON.stringify((await graph.get(path)).body)).toContain(override.override_callback_uri);
    await graph.send('POST', path);
    expect(JSON.stringify((await graph.get(path)).body)).not.toContain('override');
  });

  test('refuse an override that is too long or has no token', async () => {
    const graph = client();
    const long = { ...override, override_callback_uri: `https://hooks.example.net/${'x'.repeat(200)}` };
    expect(await graph.send('POST', path, { body: long })).toMatchObject(refused(100, /200/));
    const { verify_token: _, ...bare } = override;
    expect(await graph.send('POST', path, { body: bare })).toMatchObject(refused(100, /verify_token/));
  });

  test('are one of three places that webhooks of a number go to', async () => {
    const graph = client();
    const read = async () => (await graph.get(`/${id}?fields=webhook_configuration`)).body['webhook_configuration'];
    graph.state.app('7001')?.subscriptions.set('whatsapp_business_account', {
      callbackURL: 'https://a.example.net', verifyToken: 'v', fields: ['calls'],
    });
    await graph.send('POST', path, { body: override });
    const own = (override_callback_uri: string) =>
      graph.send('POST', `/${id}`, { body: { webhook_configuration: { override_callback_uri, verify_token: 'v' } } });
    expect((await own('https://n.example.net')).body).toEqual({ success: true });
    expect(await read()).toEqual({
      phone_number: 'https://n.example.net', whatsapp_business_account: override.override_callback_uri,
      application: 'https://a.example.net',
    });
    await own('');
    expect(await read()).not.toHaveProperty('phone_number');
  });
});
