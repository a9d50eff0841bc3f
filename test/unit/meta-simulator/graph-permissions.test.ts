// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Consent } from '../../meta/graph/consent.ts';
import type { NumberInput } from '../../meta/graph/state.ts';
import { type Answer, type Client, client, id, refused } from './graph-client.ts';

const hour = 3_600_000;
const phoneNumber = '+447700900123';
const userId = 'GB.1234567890';
const text = 'May we call you about order 12?';
const permissions = `/${id}/call_permissions?user_wa_id=447700900123`;

interface World {
  readonly graph: Client;
  readonly consent: Consent;
  now: number;
  read(): Promise<Answer>;
  ask(change?: object): Promise<Answer>;
}

/** A number with calling on, and a user who has just written to it. */
function world(input: Partial<NumberInput> = {}): World {
  const clock = { now: 1_790_000_000_000 };
  const graph = client({ countryCode: 'GB', ...input }, {
    now: () => clock.now, token: { scopes: ['whatsapp_business_messaging'] },
  });
  const number = graph.state.number(id);
  if (number === undefined) throw new Error('the client has a number');
  number.calling = { status: 'ENABLED' };
  const consent = graph.state.consent(number, graph.state.addUser({ phoneNumber, userId }));
  consent.openWindow(clock.now);
  return Object.assign(clock, {
    graph,
    consent,
    read: () => graph.get(permissions),
    ask: (change: object = {}) => graph.send('POST', `/${id}/messages`, { body: { ...message, ...change } }),
  });
}

const request = { type: 'call_permission_request', action: { name: 'call_permission_request' } };
const message = {
  messaging_product: 'whatsapp', recipient_type: 'individual', to: '447700900123', type: 'interactive',
  interactive: { ...request, body: { text } },
};

const action = (name: string, allowed: boolean, ...limits: object[]): object =>
  ({ action_name: name, can_perform_action: allowed, limits });
const limit = (period: string, allowed: number, used: number, until?: number): object => ({
  time_period: period, max_allowed: allowed, current_usage: used,
  ...(until === undefined ? {} : { limit_expiration_time: until }),
});

describe('a read of call permissions', () => {
  test('shows all there is where nothing was permitted', async () => {
    expect(await world().read()).toMatchObject({
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        permission: { status: 'no_permission' },
        actions: [
          action('send_call_permission_request', true, limit('PT24H', 1, 0), limit('P7D', 2, 0)),
          action('start_call', false, limit('PT24H', 100, 0)),
        ],
      },
    });
  });

  test('shows a temporary permission for 168 hours', async () => {
    const meta = world();
    meta.consent.permit('temporary', meta.now);
    expect((await meta.read()).body).toMatchObject({
      permission: { status: 'temporary', expiration_time: 1_790_604_800 }, actions: [{}, { can_perform_action: true }],
    });
    meta.now += 168 * hour - 1;
    expect((await meta.read()).body).toMatchObject({ permission: { status: 'temporary' } });
    meta.now += 1;
    expect((await meta.read()).body['permission']).toEqual({ status: 'no_permission' });
  });

  test('shows a permanent permission without an end, and nothing to ask for', async () => {
    const meta = world();
    meta.consent.permit('permanent', meta.now);
    meta.now += 9000 * hour;
    expect((await meta.read()).body).toMatchObject({
      permission: { status: 'permanent' }, actions: [{ can_perform_action: false }, { can_perform_action: true }],
    });
    expect((await meta.read()).body['permission']).toEqual({ status: 'permanent' });
  });

  test('takes a BSUID as well, and knows nothing of strangers', async () => {
    const meta = world();
    meta.consent.permit('permanent', meta.now);
    const read = async (query: string) => (await meta.graph.get(`/${id}/call_permissions${query}`)).body['permission'];
    expect(await read(`?recipient=${userId}`)).toEqual({ status: 'permanent' });
    expect(await read('?recipient=GB.9')).toEqual({ status: 'no_permission' });
    expect(await read('?user_wa_id=447700900999')).toEqual({ status: 'no_permission' });
  });

  test('says when an exhausted limit is there again', async () => {
    const meta = world();
    meta.consent.permit('permanent', meta.now);
    for (let i = 0; i < 100; i++) meta.consent.connected(meta.now + i * 1000);
    meta.now += hour;
    expect((await meta.read()).body).toMatchObject({
      actions: [{}, action('start_call', false, limit('PT24H', 100, 100, 1_790_086_400))],
    });
    meta.now = 1_790_086_400_000;
    expect((await meta.read()).body).toMatchObject({ actions: [{}, { can_perform_action: true }] });
  });

  test('allows nothing where the number cannot call', async () => {
    const meta = world({ countryCode: 'US' });
    meta.consent.permit('temporary', meta.now);
    expect((await meta.read()).body).toMatchObject({
      permission: { status: 'temporary' }, actions: [{ can_perform_action: false }, { can_perform_action: false }],
    });
  });

  test('is 138000 with HTTP 401 while calling is off', async () => {
    const meta = world();
    Object.assign(meta.graph.state.number(id) ?? {}, { calling: {} });
    expect(await meta.read()).toMatchObject(refused(138000, /not enabled/, 401));
  });

  test('is 613 with HTTP 429 over 100 a second', async () => {
    const meta = world();
    for (let i = 0; i < 100; i++) expect((await meta.read()).status).toBe(200);
    expect(await meta.read()).toMatchObject(refused(613, /100 reads/, 429));
    expect(meta.graph.api.counter.read().throttled).toBe(1);
    meta.now += 1000;
    expect((await meta.read()).status).toBe(200);
  });

  test.each([['', /required/], ['?user_wa_id=%2B447700900123', /digits/], ['?recipient=', /required/]])(
    'is refused with the query "%s"', async (query, details) => {
      const { graph } = world();
      expect(await graph.get(`/${id}/call_permissions${query}`)).toMatchObject(refused(100, details));
    },
  );

  test('needs the messaging scope', async () => {
    const { graph } = world();
    graph.state.addToken({ token: 'm', appId: '7001', scopes: ['whatsapp_business_management'] });
    const answer = await graph.send('GET', permissions, { bearer: 'm' });
    expect(answer).toMatchObject(refused(10, /whatsapp_business_messaging/, 403));
  });
});

describe('a request for a call permission', () => {
  test('is sent and can be read by a test', async () => {
    const meta = world();
    const answer = await meta.ask();
    const sent = meta.graph.state.number(id)?.permissionRequests;
    expect(answer).toMatchObject({
      status: 200,
      body: {
        messaging_product: 'whatsapp',
        contacts: [{ input: '447700900123', wa_id: '447700900123', user_id: userId }],
        messages: [{ id: sent?.[0]?.id }],
      },
    });
    expect(sent).toEqual([{ id: expect.stringMatching(/^wamid\./), to: phoneNumber, userId, text, sentAt: meta.now }]);
  });

  test('goes to a BSUID, needs no body, and prefers `to` where both are given', async () => {
    const meta = world();
    const first = await meta.ask({ to: undefined, recipient: userId, interactive: request });
    expect(first.body['contacts']).toEqual([{ input: userId, wa_id: '447700900123', user_id: userId }]);
    meta.consent.talked();
    const both = await meta.ask({ to: '+447700900123', recipient: 'GB.9' });
    expect(both.body['contacts']).toMatchObject([{ input: '+447700900123', user_id: userId }]);
    expect(meta.graph.state.number(id)?.permissionRequests.map((sent) => sent.text)).toEqual([undefined, text]);
  });

  test('is limited to one in 24 hours and two in 7 days', async () => {
    const meta = world();
    const ask = () => {
      meta.consent.openWindow(meta.now);
      return meta.ask();
    };
    expect((await ask()).status).toBe(200);
    meta.now += 24 * hour - 1;
    expect(await ask()).toMatchObject(refused(138009, /1 call permission requests in 24 hours/));
    meta.now += 1;
    expect((await ask()).status).toBe(200);
    meta.now += 100 * hour;
    expect(await ask()).toMatchObject(refused(138009, /2 in 7 days/));
    expect((await meta.read()).body).toMatchObject({
      actions: [action(
        'send_call_permission_request', false, limit('PT24H', 1, 0), limit('P7D', 2, 2, 1_790_604_800),
      ), {}],
    });
    meta.now = 1_790_604_800_000;
    expect((await ask()).status).toBe(200);
  });

  test('is limited anew after any call that connected', async () => {
    const meta = world();
    for (const talk of [() => meta.consent.talked(), () => meta.consent.connected(meta.now), () => {}]) {
      expect((await meta.ask()).status).toBe(200);
      talk();
    }
    expect(await meta.ask()).toMatchObject(refused(138009, /./));
  });

  test('has wider limits on a sandbox number', async () => {
    const meta = world({ accountMode: 'SANDBOX' });
    for (let i = 0; i < 25; i++) expect((await meta.ask()).status).toBe(200);
    expect(await meta.ask()).toMatchObject(refused(138009, /25 call permission requests in 24 hours and 100/));
  });

  test('needs an open window, which closes after 24 hours', async () => {
    const meta = world();
    meta.now += 24 * hour;
    expect(await meta.ask()).toMatchObject(refused(131047, /24 hours/));
    meta.consent.openWindow(meta.now);
    expect((await meta.ask()).status).toBe(200);
    expect(await meta.ask({ to: '447700900999' })).toMatchObject(refused(131047, /24 hours/));
  });

  test('is refused where the permission is permanent', async () => {
    const meta = world();
    meta.consent.permit('permanent', meta.now);
    expect(await meta.ask()).toMatchObject(refused(138017, /permanent/));
  });

  test('is refused where the number cannot call: off, paused, or of the wrong country', async () => {
    const meta = world();
    const number = meta.graph.state.number(id);
    const change = (traits: object) => Object.assign(number ?? {}, traits);
    change({ countryCode: 'CA' });
    expect(await meta.ask()).toMatchObject(refused(138013, /of CA/));
    const expiration = meta.now / 1000 + 60;
    change({ restrictions: [{ type: 'RESTRICTED_BUSINESS_INITIATED_CALLING', reason: 'feedback', expiration }] });
    expect(await meta.ask()).toMatchObject(refused(138014, /feedback/));
    change({ calling: { status: 'DISABLED' } });
    expect(await meta.ask()).toMatchObject(refused(138000, /not enabled/, 401));
    expect(number?.permissionRequests).toEqual([]);
  });

  test.each([
    ['another kind of message', { type: 'text' }, /^Param type/],
    ['nobody to send it to', { to: undefined }, /to or recipient/],
    ['a name as number', { to: 'Ann' }, /^Param to: is not a phone number/],
    ['a header', { interactive: { ...request, header: { type: 'text' } } }, /Unexpected key "header"/],
    ['another action', { interactive: { ...request, action: { name: 'reply' } } }, /^Param interactive.action.name/],
  ])('is refused with %s', async (_, change, details) => {
    expect(await world().ask(change)).toMatchObject(refused(100, details));
  });
});

describe('a permission', () => {
  test('is gone after four calls in a row that were not taken', () => {
    const { consent, now } = world();
    const limits = { requestsPerDay: 1, requestsPerWeek: 2, missedUntilRevoked: 4 };
    const misses = (count: number) => { for (let i = 0; i < count; i++) consent.missed(limits); };
    consent.permit('permanent', now);
    misses(3);
    consent.connected(now);
    misses(3);
    expect(consent.permission(now).grant).toBe('permanent');
    misses(1);
    expect(consent.permission(now).grant).toBe('none');
    consent.permit('temporary', now);
    misses(3);
    expect(consent.permission(now).grant).toBe('temporary');
  });
});
