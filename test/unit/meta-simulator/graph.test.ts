// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { GraphApi } from '../../meta/graph/api.ts';
import { GraphState, type NumberInput } from '../../meta/graph/state.ts';

const id = '100000000000001';
const server = { hostname: 'sip.example.net', port: 5061 };
const enable = { status: 'ENABLED', sip: { status: 'ENABLED', servers: [server] }, srtp_key_exchange_protocol: 'SDES' };

interface Client {
  readonly api: GraphApi;
  readonly state: GraphState;
  get(path?: string): { status: number; body: Record<string, unknown>; headers: Readonly<Record<string, string>> };
  post(calling: unknown): { status: number; body: Record<string, unknown> };
  settings(): Record<string, unknown>;
  servers(): Record<string, unknown>[];
}

/** A client with the token of one app; several may share a state. */
function client(input: Partial<NumberInput> = {}, options: { state?: GraphState; appId?: string } = {}): Client {
  const state = options.state ?? new GraphState();
  const appId = options.appId ?? '7001';
  const number = { phoneNumberID: id, phoneNumber: '+15550001111', businessAccountID: '2001', ...input };
  if (!options.state) state.addNumber(number);
  state.addToken({ token: `token-${appId}`, appId, scopes: ['whatsapp_business_management'] });
  const api = new GraphApi(state);
  const send = (method: string, path: string, body: string) => {
    const url = new URL(path, 'https://graph.facebook.com');
    const reply = api.answer({ method, path: url.pathname, query: url.searchParams, bearer: `token-${appId}`, body });
    return { ...reply, body: Object.fromEntries(Object.entries(reply.body)) };
  };
  const settings = () => record(send('GET', `/${id}/settings?include_sip_credentials=true`, '').body['calling']);
  return {
    api,
    state,
    get: (path = `/${id}/settings`) => send('GET', path, ''),
    post: (calling) => send('POST', `/${id}/settings`, JSON.stringify({ calling })),
    settings,
    servers: () => {
      const { servers } = record(settings()['sip']);
      return Array.isArray(servers) ? servers.map(record) : [];
    },
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

const rejected = (code: number, details: RegExp) => ({
  status: 400,
  body: {
    error: {
      code, message: expect.stringContaining(`(#${code})`), error_data: { details: expect.stringMatching(details) },
    },
  },
});

describe('reading settings', () => {
  test('shows calling off and no key exchange on a new number', () => {
    expect(client().settings()).toEqual({
      status: 'DISABLED', call_icon_visibility: 'DEFAULT', sip: { status: 'DISABLED', servers: [] },
    });
  });

  test('shows the password only when it is asked for', () => {
    const graph = client();
    expect(graph.post(enable)).toMatchObject({ status: 200, body: { success: true } });
    expect(JSON.stringify(graph.get().body)).not.toContain('sip_user_password');
    expect(graph.servers()).toEqual([
      { app_id: 7001, hostname: 'sip.example.net', port: 5061, sip_user_password: expect.stringMatching(/^\S{32}$/) },
    ]);
  });

  test('carries the usage headers', () => {
    const { headers } = client().get();
    expect(JSON.parse(headers['x-app-usage'] ?? '')).toEqual({ call_count: 0, total_cputime: 0, total_time: 0 });
    const usage: unknown = JSON.parse(headers['x-business-use-case-usage'] ?? '');
    expect(usage).toMatchObject({ '2001': [{ call_count: 1, estimated_time_to_regain_access: 0 }] });
  });
});

describe('a write', () => {
  test('leaves alone what it does not name', () => {
    const graph = client();
    graph.post({ ...enable, audio: { additional_codecs: ['PCMU', 'PCMA'] }, call_icon_visibility: 'DISABLE_ALL' });
    graph.post({ sip: { status: 'ENABLED', webhook_delivery: 'ENABLED' } });
    expect(graph.settings()).toMatchObject({
      status: 'ENABLED',
      call_icon_visibility: 'DISABLE_ALL',
      srtp_key_exchange_protocol: 'SDES',
      audio: { additional_codecs: ['PCMU', 'PCMA'] },
      sip: { status: 'ENABLED', webhook_delivery: 'ENABLED', servers: [{ hostname: 'sip.example.net' }] },
    });
  });

  test('replaces call_hours as a whole, holidays included', () => {
    const graph = client();
    const hours = {
      status: 'ENABLED', timezone_id: 'Europe/London',
      weekly_operating_hours: [{ day_of_week: 'MONDAY', open_time: '0900', close_time: '1730' }],
    };
    const holiday_schedule = [{ date: '2999-12-25', start_time: '0000', end_time: '2359' }];
    expect(graph.post({ call_hours: { ...hours, holiday_schedule } }).status).toBe(200);
    expect(graph.settings()).toMatchObject({ call_hours: { holiday_schedule } });
    graph.post({ call_hours: hours });
    expect(graph.settings()).toMatchObject({ call_hours: { holiday_schedule: [] } });
  });

  test('that is rejected changes nothing', () => {
    const graph = client();
    graph.post(enable);
    const before = graph.settings();
    expect(graph.post({ status: 'DISABLED', sip: { servers: [] } }).status).toBe(400);
    expect(graph.settings()).toEqual(before);
  });

  test('of sip puts the key exchange back to DTLS only with that quirk', () => {
    const graph = client();
    graph.post(enable);
    graph.post({ sip: { status: 'ENABLED' } });
    expect(graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'SDES' });
    graph.api.quirks = { ...graph.api.quirks, srtpResetOnSipUpdate: true };
    graph.post(enable);
    expect(graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'SDES' });
    graph.post({ sip: { status: 'ENABLED' } });
    expect(graph.settings()).toMatchObject({ srtp_key_exchange_protocol: 'DTLS' });
  });
});

describe('the SIP password', () => {
  const password = (graph: Client) => graph.servers()[0]?.['sip_user_password'];

  test('stays while the server entry stays, also when it moves', () => {
    const graph = client();
    graph.post(enable);
    const first = password(graph);
    graph.post(enable);
    graph.post({ sip: { servers: [{ hostname: 'sip-b.example.net' }] } });
    expect(password(graph)).toBe(first);
  });

  test('survives SIP being off and on again', () => {
    const graph = client();
    graph.post(enable);
    const first = password(graph);
    graph.post({ status: 'DISABLED', sip: { status: 'DISABLED' } });
    graph.post({ status: 'ENABLED', sip: { status: 'ENABLED' } });
    expect(password(graph)).toBe(first);
  });

  test('is another one after the entry was deleted and made again', () => {
    const graph = client();
    graph.post(enable);
    const first = password(graph);
    expect(graph.post({ status: 'DISABLED', sip: { status: 'DISABLED', servers: [] } }).status).toBe(200);
    expect(graph.servers()).toEqual([]);
    graph.post(enable);
    expect(password(graph)).not.toBe(first);
  });

  test('changes with the hostname where that quirk is on', () => {
    const graph = client();
    graph.api.quirks = { ...graph.api.quirks, newPasswordOnServerChange: true };
    graph.post(enable);
    const first = password(graph);
    graph.post(enable);
    expect(password(graph)).toBe(first);
    graph.post({ sip: { servers: [{ hostname: 'sip-b.example.net' }] } });
    expect(password(graph)).not.toBe(first);
  });

  test('is each app its own, and an app deletes only its own server', () => {
    const first = client();
    const second = client({}, { state: first.state, appId: '7002' });
    first.post(enable);
    second.post({ sip: { servers: [{ hostname: 'other.example.net', port: 5070 }] } });
    expect(first.servers()).toMatchObject([{ app_id: 7001, port: 5061 }, { app_id: 7002, port: 5070 }]);
    expect(new Set(first.servers().map((entry) => entry['sip_user_password'])).size).toBe(2);
    second.post({ sip: { servers: [] } });
    expect(first.servers()).toMatchObject([{ app_id: 7001 }]);
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
  ])('%j', (calling, details) => {
    expect(client().post(calling)).toMatchObject(rejected(100, details));
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
  ])('call_hours with %j', (change, details) => {
    expect(client().post(hours(change))).toMatchObject(rejected(100, details));
  });

  test('calling on a number with a messaging limit below 2000, unless it is a sandbox', () => {
    expect(client({ messagingLimit: 'TIER_250' }).post(enable)).toMatchObject(rejected(138015, /2000/));
    expect(client({ messagingLimit: 'TIER_250', accountMode: 'SANDBOX' }).post(enable).status).toBe(200);
  });

  test('calling without SIP while no app hears the calls webhook', () => {
    expect(client().post({ status: 'ENABLED' })).toMatchObject(rejected(138018, /webhook/));
  });

  test('calling being switched on while a restriction is in force', () => {
    const type = 'RESTRICTED_USER_INITIATED_CALLING' as const;
    const restriction = { type, reason: 'quality', expiration: 1_900_000_000 };
    const graph = client({ restrictions: [restriction] });
    expect(graph.post(enable)).toMatchObject(rejected(138014, /restriction/));
    expect(graph.settings()).toMatchObject({ restrictions: { restrictions_list: [restriction] } });
  });

  test('a body that is not JSON, and a path without version or of an unknown edge', () => {
    const { api } = client();
    const query = new URLSearchParams();
    const ask = (method: string, path: string, body = '') =>
      api.answer({ method, path, query, bearer: 'token-7001', body });
    expect(ask('POST', `/${id}/settings`, '{')).toMatchObject(rejected(100, /not JSON/));
    expect(ask('GET', '')).toMatchObject(rejected(100, /vNN/));
    expect(ask('GET', `/${id}/calls`)).toMatchObject(rejected(100, /does not exist/));
  });
});

describe('who may ask', () => {
  const query = new URLSearchParams();
  const path = `/${id}/settings`;

  test('an unknown, missing or revoked token gets 401 and code 190', () => {
    const { api, state } = client();
    const ask = (bearer: string | undefined) => api.answer({ method: 'GET', path, query, bearer, body: '' });
    expect(ask('token-7001').status).toBe(200);
    state.revokeToken('token-7001');
    for (const bearer of [undefined, 'wrong', 'token-7001']) {
      expect(ask(bearer)).toMatchObject({ status: 401, body: { error: { code: 190, type: 'OAuthException' } } });
    }
  });

  test('a token without the management scope gets 403 and code 10', () => {
    const { api, state } = client();
    state.addToken({ token: 'm', appId: '1', scopes: ['whatsapp_business_messaging'] });
    expect(api.answer({ method: 'GET', path, query, bearer: 'm', body: '' })).toMatchObject({
      status: 403, body: { error: { code: 10, fbtrace_id: expect.stringMatching(/^A\S{22}$/) } },
    });
  });

  test('an unknown number and one of another business look the same: 100 with subcode 33', () => {
    const graph = client();
    const { api, state } = graph;
    state.addToken({ token: 'o', appId: '1', scopes: ['whatsapp_business_management'], phoneNumberIDs: ['9'] });
    const error = { status: 400, body: { error: { code: 100, error_subcode: 33 } } };
    expect(graph.get('/999/settings')).toMatchObject(error);
    expect(api.answer({ method: 'GET', path, query, bearer: 'o', body: '' })).toMatchObject(error);
  });
});

describe('quirks of reading', () => {
  test.each([['string', '5061'], ['missing', undefined], ['integer', 5061]] as const)('port as %s', (port, shown) => {
    const graph = client();
    graph.post(enable);
    graph.api.quirks = { ...graph.api.quirks, port };
    expect(graph.servers()[0]?.['port']).toBe(shown);
  });

  test.each([['integer', 900], ['HH:MM', '09:00'], ['HHMM', '0900']] as const)('times as %s', (times, shown) => {
    const graph = client();
    const open = { day_of_week: 'MONDAY', open_time: '09:00', close_time: 1730 };
    const call_hours = { status: 'ENABLED', timezone_id: 'Europe/London', weekly_operating_hours: [open] };
    expect(graph.post({ call_hours }).status).toBe(200);
    graph.api.quirks = { ...graph.api.quirks, times };
    expect(graph.settings()).toMatchObject({ call_hours: { weekly_operating_hours: [{ open_time: shown }] } });
  });
});

describe('the phone number node', () => {
  test('has a default set of fields, and others when asked', () => {
    const graph = client();
    expect(Object.keys(graph.get(`/${id}`).body)).toEqual([
      'id', 'display_phone_number', 'verified_name', 'quality_rating', 'code_verification_status',
    ]);
    const chosen = graph.get(`/${id}?fields=status,account_mode`);
    expect(chosen.body).toEqual({ id, status: 'CONNECTED', account_mode: 'LIVE' });
    expect(graph.get(`/${id}?fields=colour`)).toMatchObject(rejected(100, /nonexisting field \(colour\)/));
  });
});
