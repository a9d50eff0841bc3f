// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Meta } from '../../meta/meta.ts';
import { id } from './graph-client.ts';
import { type Graph, type HttpsAnswer, startGraph } from './graph-https.ts';

let graph: Graph;
let meta: Meta;

beforeAll(async () => {
  graph = await startGraph();
  ({ meta } = graph);
});

afterEach(() => { meta.graph.clearFaults(); });

afterAll(() => graph.close());

function ask(method: 'GET' | 'POST', body?: object): Promise<HttpsAnswer> {
  return graph.ask(method, `/${id}/settings`, { headersTimeout: 400, ...(body === undefined ? {} : { body }) });
}

const enable = {
  calling: { status: 'ENABLED', sip: { status: 'ENABLED', servers: [{ hostname: 'sip.example.net' }] } },
};

describe('Graph over HTTPS', () => {
  test('serves under the name graph.facebook.com and logs every request', async () => {
    const before = meta.graph.requests.length;
    expect(await ask('POST', enable)).toMatchObject({ status: 200, text: '{"success":true}' });
    expect(meta.graph.requests.slice(before)).toMatchObject([
      { method: 'POST', path: `/${id}/settings`, version: 'v25.0', body: enable, status: 200, fault: undefined },
    ]);
    expect(JSON.stringify(meta.graph.requests)).not.toContain('secret-token');
    expect(meta.number(id).servers).toHaveLength(1);
  });

  test.each([
    ['unavailable', 503, 2],
    ['internal', 500, 131000],
    ['internal2', 500, 2],
    ['tooManyRequests', 429, 130429],
    ['appThrottled', 400, 4],
    ['businessThrottled', 400, 80007],
  ] as const)('fails as ordered: %s', async (kind, status, code) => {
    meta.graph.fault(kind, { times: 1 });
    const answer = await ask('GET');
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code, message: expect.stringContaining(`(#${code})`) } });
    expect((await ask('GET')).status).toBe(200);
  });

  test('says in the usage headers when a limit is reached and when it ends', async () => {
    meta.graph.fault('businessThrottled', { times: 1, regainMinutes: 7, businessAccountID: '2001' });
    const business: unknown = JSON.parse(String((await ask('GET')).headers['x-business-use-case-usage']));
    expect(business).toMatchObject({ '2001': [{ call_count: 100, estimated_time_to_regain_access: 7 }] });
    meta.graph.fault('appThrottled', { times: 1 });
    expect((await ask('GET')).headers['x-app-usage']).toContain('"call_count":100');
  });

  test('can be unreadable: HTML, nonsense, half a body, no answer', async () => {
    const clear = meta.graph.fault('badGateway');
    expect(await ask('GET')).toMatchObject({ status: 502, text: expect.stringContaining('<html>') });
    expect((await ask('GET')).status).toBe(502);
    clear();
    meta.graph.fault('nonsense', { times: 1 });
    expect(await ask('GET')).toMatchObject({ status: 200, text: '["nonsense"]' });
    meta.graph.fault('cutOff', { times: 1 });
    await expect(ask('GET')).rejects.toThrow(/other side closed|terminated|aborted/);
    meta.graph.fault('hang', { times: 1 });
    await expect(ask('GET')).rejects.toThrow(/Headers Timeout/);
    meta.graph.fault('slow', { times: 1, delayMs: 10_000 });
    await expect(ask('GET')).rejects.toThrow(/Headers Timeout/);
    meta.graph.fault('slow', { times: 1, delayMs: 50 });
    expect((await ask('GET')).status).toBe(200);
  });

  test('carries out a write whose reply is lost, and not one that failed', async () => {
    meta.graph.fault('lostReply', { times: 1, method: 'POST' });
    await expect(ask('POST', { calling: { call_icon_visibility: 'DISABLE_ALL' } })).rejects.toThrow(/closed|hang up/);
    expect(meta.number(id).calling.call_icon_visibility).toBe('DISABLE_ALL');
    meta.graph.fault('internal', { times: 1, method: 'POST' });
    expect((await ask('POST', { calling: { call_icon_visibility: 'DEFAULT' } })).status).toBe(500);
    expect(meta.number(id).calling.call_icon_visibility).toBe('DISABLE_ALL');
  });

  test('aims a fault at a method and a path', async () => {
    meta.graph.fault('internal', { method: 'POST', path: '/settings' });
    meta.graph.fault('internal', { path: '/999' });
    meta.graph.fault('internal', { method: 'DELETE' });
    expect((await ask('GET')).status).toBe(200);
    expect((await ask('POST', enable)).status).toBe(500);
    expect((await graph.ask('DELETE', '/2001/subscribed_apps')).status).toBe(500);
  });

  test.each([
    [401, 190, 463], [403, 10, undefined], [403, 200, undefined], [403, 368, undefined], [400, 131055, undefined],
    [400, 138018, undefined], [403, 131031, undefined], [400, 133008, undefined],
  ] as const)('fails as ordered with any error: HTTP %i, code %i', async (status, code, subcode) => {
    const shape = { status, code, title: 'Title', details: 'Why', transient: false };
    meta.graph.fault('error', { ...shape, times: 1, ...(subcode === undefined ? {} : { subcode }) });
    const answer = await ask('GET');
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(answer.text).error).toEqual({
      message: `(#${code}) Title`, type: 'OAuthException', code, is_transient: false,
      error_data: { messaging_product: 'whatsapp', details: 'Why' }, fbtrace_id: expect.any(String),
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
    });
    expect((await ask('GET')).status).toBe(200);
  });

  test('asks to come back later by Retry-After', async () => {
    meta.graph.fault('error', { status: 429, code: 613, retryAfter: 30, times: 1 });
    expect(await ask('GET')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
  });

  test('refuses connections while it is stopped, and is back at the same port with the same certificate', async () => {
    const { port } = meta.graph;
    meta.graph.fault('hang', { times: 1 });
    const open = graph.ask('GET', `/${id}/settings`).then(String, (error: Error) => error.message);
    await expect.poll(() => meta.graph.requests.at(-1)?.fault).toBe('hang');
    await meta.graph.stop();
    expect(await open).toMatch(/closed|reset|hang up/);
    await expect(ask('GET')).rejects.toThrow(/ECONNREFUSED/);
    expect(meta.graph.port).toBe(port);
    await meta.graph.start();
    expect(meta.graph.port).toBe(port);
    expect((await ask('GET')).status).toBe(200);
  });

  test('counts requests by app, account and kind, those without an answer too', async () => {
    meta.graph.resetCounts();
    await ask('GET');
    await graph.ask('GET', '/2001/phone_numbers');
    await graph.ask('GET', '/999/settings');
    await graph.ask('GET', `/${id}`, { bearer: 'nobody' });
    meta.graph.fault('lostReply', { times: 1 });
    await expect(ask('GET')).rejects.toThrow(/closed|hang up/);
    meta.graph.fault('businessThrottled', { times: 1 });
    await ask('GET');
    expect(meta.graph.counts()).toEqual({
      requests: 6,
      throttled: 1,
      byApp: { '7001': 5 },
      byAccount: { '2001': 5 },
      byAppAndAccount: { '7001/2001': 4 },
      byKind: {
        'GET /{number}/settings': 3, 'GET /{account}/phone_numbers': 1, 'GET /{unknown}/settings': 1, 'GET /{number}': 1,
      },
    });
    meta.graph.resetCounts();
    expect(meta.graph.counts()).toMatchObject({ requests: 0, throttled: 0, byApp: {}, byKind: {} });
  });

  test('keeps as many requests as it is told to, and none of their tokens', async () => {
    await graph.ask('GET', `/debug_token?input_token=secret-token&access_token=secret-token&x=1`);
    expect(meta.graph.requests.at(-1)).toMatchObject({ path: '/debug_token', query: '?x=1' });
    meta.graph.logSize = 2;
    await graph.ask('GET', `/${id}?fields=status`);
    await ask('GET');
    await ask('POST', { calling: {} });
    expect(meta.graph.requests.map(({ method, path }) => [method, path])).toEqual([
      ['GET', `/${id}/settings`], ['POST', `/${id}/settings`],
    ]);
    meta.graph.logSize = 0;
    await ask('GET');
    expect(meta.graph.requests).toEqual([]);
    meta.graph.logSize = Infinity;
  });
});
