// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { account, type Client, client, enable, id, refused, server } from './graph-client.ts';

describe('reading settings', () => {
  test('shows calling off and no key exchange on a new number', async () => {
    expect(await client().settings()).toEqual({
      status: 'DISABLED', call_icon_visibility: 'DEFAULT', sip: { status: 'DISABLED', servers: [] },
    });
  });

  test('shows the password only when it is asked for', async () => {
    const graph = client();
    expect(await graph.post(enable)).toMatchObject({ status: 200, body: { success: true } });
    expect(JSON.stringify((await graph.get()).body)).not.toContain('sip_user_password');
    expect(await graph.servers()).toEqual([
      { app_id: 7001, hostname: 'sip.example.net', port: 5061, sip_user_password: expect.stringMatching(/^\S{32}$/) },
    ]);
  });

  test('carries the usage headers', async () => {
    const { headers } = await client().get();
    expect(JSON.parse(headers['x-app-usage'] ?? '')).toEqual({ call_count: 0, total_cputime: 0, total_time: 0 });
    const usage: unknown = JSON.parse(headers['x-business-use-case-usage'] ?? '');
    expect(usage).toMatchObject({ '2001': [{ call_count: 0, estimated_time_to_regain_access: 0 }] });
  });
});

describe('a write', () => {
  test('leaves alone what it does not name', async () => {
    const graph = client();
    await graph.post({ ...enable, audio: { additional_codecs: ['PCMU', 'PCMA'] }, call_icon_visibility: 'DISABLE_ALL' });
    await graph.post({ sip: { status: 'ENABLED', webhook_delivery: 'ENABLED' } });
    expect(await graph.settings()).toMatchObject({
      status: 'ENABLED',
      call_icon_visibility: 'DISABLE_ALL',
      srtp_key_exchange_protocol: 'SDES',
      audio: { additional_codecs: ['PCMU', 'PCMA'] },
      sip: { status: 'ENABLED', webhook_delivery: 'ENABLED', servers: [{ hostname: 'sip.example.net' }] },
    });
  });

  test('replaces call_hours as a whole, holidays included', async () => {
    const graph = client();
    const hours = {
      status: 'ENABLED', timezone_id: 'Europe/London',
      weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1730' }],
    };
    const holiday_schedule = [{ date: '2999-12-25', start_time: '0000', end_time: '2359' }];
    expect((await graph.post({ call_hours: { ...hours, holiday_schedule } })).status).toBe(200);
    expect(await graph.settings()).toMatchObject({ call_hours: { holiday_schedule } });
    await graph.post({ call_hours: hours });
    expect(await graph.settings()).toMatchObject({ call_hours: { holiday_schedule: [] } });
  });

  test('that is rejected changes nothing', async () => {
    const graph = client();
    await graph.post(enable);
    const before = await graph.settings();
    expect((await graph.post({ status: 'DISABLED', sip: { servers: [] } })).status).toBe(400);
    expect(await graph.settings()).toEqual(before);
  });

  test('of sip puts the key exchange back to DTLS only with that quirk', async () => {
    const graph = client();
    await graph.post(enable);
    await graph.post({ sip: { status: 'ENABLED' } });
    expect(await graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'SDES' });
    graph.api.quirks = { ...graph.api.quirks, srtpResetOnSipUpdate: true };
    await graph.post(enable);
    expect(await graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'SDES' });
    await graph.post({ sip: { status: 'ENABLED' } });
    expect(await graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'DTLS' });
  });
});

describe('the SIP password', () => {
  const password = async (graph: Client) => (await graph.servers())[0]?.['sip_user_password'];

  test('stays while the server entry stays, also when it moves', async () => {
    const graph = client();
    await graph.post(enable);
    const first = await password(graph);
    await graph.post(enable);
    await graph.post({ sip: { servers: [{ hostname: 'sip-b.example.net' }] } });
    expect(await password(graph)).toBe(first);
  });

  test('survives SIP being off and on again', async () => {
    const graph = client();
    await graph.post(enable);
    const first = await password(graph);
    await graph.post({ status: 'DISABLED', sip: { status: 'DISABLED' } });
    await graph.post({ status: 'ENABLED', sip: { status: 'ENABLED' } });
    expect(await password(graph)).toBe(first);
  });

  test('is another one after the entry was deleted and made again', async () => {
    const graph = client();
    await graph.post(enable);
    const first = await password(graph);
    expect((await graph.post({ status: 'DISABLED', sip: { status: 'DISABLED', servers: [] } })).status).toBe(200);
    expect(await graph.servers()).toEqual([]);
    await graph.post(enable);
    expect(await password(graph)).not.toBe(first);
  });

  test('changes with the hostname where that quirk is on', async () => {
    const graph = client();
    graph.api.quirks = { ...graph.api.quirks, newPasswordOnServerChange: true };
    await graph.post(enable);
    const first = await password(graph);
    await graph.post(enable);
    expect(await password(graph)).toBe(first);
    await graph.post({ sip: { servers: [{ hostname: 'sip-b.example.net' }] } });
    expect(await password(graph)).not.toBe(first);
  });

  test('is each app its own, and an app deletes only its own server', async () => {
    const first = client();
    const second = client({}, { state: first.state, appId: '7002' });
    await first.post(enable);
    await second.post({ sip: { servers: [{ hostname: 'other.example.net', port: 5070 }] } });
    expect(await first.servers()).toMatchObject([{ app_id: 7001, port: 5061 }, { app_id: 7002, port: 5070 }]);
    expect(new Set((await first.servers()).map((entry) => entry['sip_user_password'])).size).toBe(2);
    await second.post({ sip: { servers: [] } });
    expect(await first.servers()).toMatchObject([{ app_id: 7001 }]);
  });
});

describe('what Meta rejects', () => {
  test.each([
    [{ status: 'enabled' }, /status/],
    [{ state: 'ENABLED' }, /Unexpected key "state" on param "calling"/],
    [{ sip: { servers: [{ hostname: '192.0.2.1' }] } }, /hostname.*(DNS name|IP address)/],
    [{ sip: { servers: [{ hostname: 'localhost' }] } }, /hostname/],
    [{ sip: { servers: [{ ...server, port: 70_000 }] } }, /port/],
    [{ sip: { servers: [{ ...server, request_uri_user_params: { tgrp: 'x'.repeat(129) } }] } }, /128/],
    [{ sip: { servers: [server, server] } }, /more than one/],
    [{ sip: { status: 'ENABLED' } }, /servers cannot be empty/],
    [{ srtp_key_exchange_protocol: 'SDES-SRTP' }, /srtp_key_exchange_protocol/],
    [{ audio: { additional_codecs: ['G722'] } }, /additional_codecs/],
    [{ call_icons: { restrict_to_user_countries: ['gb'] } }, /ISO 3166/],
    [{ voicemail: { status: 'ENABLED', triggers: [] } }, /triggers/],
  ])('%j', async (calling, details) => {
    expect(await client().post(calling)).toMatchObject(refused(100, details));
  });

  const hours = (change: object) => ({
    call_hours: {
      status: 'ENABLED', timezone_id: 'Asia/Singapore',
      weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1700' }],
      ...change,
    },
  });
  const monday = (open_time: string, close_time: string) => ({ day_of_week: 'MONDAY', open_time, close_time });

  test.each([
    [{ timezone_id: 'Mars/Olympus' }, /timezone/],
    [{ weekly_operating_hours: [] }, /weekly_operating_hours.*cannot be empty/],
    [{ weekly_operating_hours: [monday('0900', '0900')] }, /not before/],
    [{ weekly_operating_hours: [monday('0900', '1200'), monday('1100', '1500')] }, /overlapping/],
    [
      { weekly_operating_hours: [monday('0100', '0200'), monday('0300', '0400'), monday('0500', '0600')] },
      /more than 2/,
    ],
    [{ weekly_operating_hours: [monday('9am', '1200')] }, /HHMM/],
    [{ holiday_schedule: [{ date: '2001-01-01', start_time: '0000', end_time: '2359' }] }, /in the past/],
    [{ holiday_schedule: [{ date: '25-12-2999', start_time: '0000', end_time: '2359' }] }, /date/],
  ])('call_hours with %j', async (change, details) => {
    expect(await client().post(hours(change))).toMatchObject(refused(100, details));
  });

  test('calling on a number with a messaging limit below 2000, unless it is a sandbox', async () => {
    expect(await client({ messagingLimit: 'TIER_250' }).post(enable)).toMatchObject(refused(138015, /2000/));
    expect((await client({ messagingLimit: 'TIER_250', accountMode: 'SANDBOX' }).post(enable)).status).toBe(200);
  });

  test('calling without SIP while no app hears the calls webhook', async () => {
    expect(await client().post({ status: 'ENABLED' })).toMatchObject(refused(138018, /webhook/));
  });

  test('calling being switched on while a restriction is in force', async () => {
    const type = 'RESTRICTED_USER_INITIATED_CALLING' as const;
    const restriction = { type, reason: 'quality', expiration: 1_900_000_000 };
    const graph = client({ restrictions: [restriction] });
    expect(await graph.post(enable)).toMatchObject(refused(138014, /restriction/));
    expect(await graph.settings()).toMatchObject({ restrictions: { restrictions_list: [restriction] } });
  });

  test('a body that is not JSON, and a path without version or of an unknown edge', async () => {
    const graph = client();
    expect(await graph.send('POST', `/${id}/settings`, { body: '{' })).toMatchObject(refused(100, /not JSON/));
    expect(await graph.get('/')).toMatchObject(refused(100, /vNN/));
    expect(await graph.get(`/${id}/calls`)).toMatchObject(refused(100, /does not exist/));
    expect(await graph.get(`/${id}/settings/more`)).toMatchObject(refused(100, /does not exist/));
  });
});

describe('who may ask', () => {
  const path = `/${id}/settings`;

  test('an unknown, missing or revoked token gets 401 and code 190', async () => {
    const graph = client();
    expect((await graph.get()).status).toBe(200);
    graph.state.revokeToken('token-7001');
    for (const bearer of [undefined, 'wrong', '7001|wrong', 'token-7001']) {
      const answer = await graph.send('GET', path, { bearer });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 190, type: 'OAuthException' } } });
    }
  });

  test('a token without the management scope gets 403 and code 10', async () => {
    const graph = client();
    graph.state.addToken({ token: 'm', appId: '1', scopes: ['whatsapp_business_messaging'] });
    expect(await graph.send('GET', path, { bearer: 'm' })).toMatchObject({
      status: 403, body: { error: { code: 10, fbtrace_id: expect.stringMatching(/^A\S{22}$/) } },
    });
  });

  test('an unknown number and one of another business look the same: 100 with subcode 33', async () => {
    const graph = client();
    graph.state.addToken({ token: 'o', appId: '1', scopes: ['whatsapp_business_management'], phoneNumberIDs: ['9'] });
    graph.state.addToken({ token: 'w', appId: '1', scopes: ['whatsapp_business_management'], accounts: ['9'] });
    const error = { status: 400, body: { error: { code: 100, error_subcode: 33 } } };
    expect(await graph.get('/999/settings')).toMatchObject(error);
    expect(await graph.send('GET', path, { bearer: 'o' })).toMatchObject(error);
    expect(await graph.send('GET', path, { bearer: 'w' })).toMatchObject(error);
    expect(await graph.send('GET', `/${account}`, { bearer: 'w' })).toMatchObject(error);
  });
});

describe('quirks of reading', () => {
  test.each([['string', '5061'], ['missing', undefined], ['integer', 5061]] as const)('port as %s', async (port, shown) => {
    const graph = client();
    await graph.post(enable);
    graph.api.quirks = { ...graph.api.quirks, port };
    expect((await graph.servers())[0]?.['port']).toBe(shown);
  });

  test.each([['integer', 900], ['HH:MM', '09:00'], ['HHMM', '0900']] as const)('times as %s', async (times, shown) => {
    const graph = client();
    const open = { day_of_week: 'MONDAY', open_time: '09:00', close_time: 1730 };
    const call_hours = { status: 'ENABLED', timezone_id: 'Europe/London', weekly_operating_hours: [open] };
    expect((await graph.post({ call_hours })).status).toBe(200);
    graph.api.quirks = { ...graph.api.quirks, times };
    expect(await graph.settings()).toMatchObject({ call_hours: { weekly_operating_hours: [{ open_time: shown }] } });
  });
});

describe('the phone number node', () => {
  test('has a default set of fields, and others when asked', async () => {
    const graph = client();
    expect(Object.keys((await graph.get(`/${id}`)).body)).toEqual([
      'id', 'display_phone_number', 'verified_name', 'quality_rating', 'code_verification_status',
    ]);
    const chosen = await graph.get(`/${id}?fields=status,account_mode`);
    expect(chosen.body).toEqual({ id, status: 'CONNECTED', account_mode: 'LIVE' });
    expect(await graph.get(`/${id}?fields=colour`)).toMatchObject(refused(100, /nonexisting field \(colour\)/));
  });
});
