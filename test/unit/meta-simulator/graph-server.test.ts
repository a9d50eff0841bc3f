// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Agent, request } from 'undici';
import { type Meta, startMeta } from '../../meta/meta.ts';

const id = '100000000000001';
let meta: Meta;
let agent: Agent;

beforeAll(async () => {
  meta = await startMeta({ address: '127.0.0.1', dnsServer: '127.0.0.1:9', trust: '', graphPort: 0, sipPort: 0 });
  agent = new Agent({ connect: { ca: meta.caPem, servername: 'graph.facebook.com' } });
  meta.addNumber({ phoneNumberID: id, phoneNumber: '+15550001111', businessAccountID: '2001' });
  meta.addToken({ token: 'secret-token', appId: '7001', scopes: ['whatsapp_business_management'] });
});

afterEach(() => { meta.graph.clearFaults(); });

afterAll(async () => {
  await agent.close();
  await meta.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

async function ask(method: 'GET' | 'POST', body?: object): Promise<Answer> {
  const answer = await request(`https://127.0.0.1:${meta.graph.port}/v25.0/${id}/settings`, {
    method,
    dispatcher: agent,
    headers: { authorization: 'Bearer secret-token', 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: 400,
  });
  return { status: answer.statusCode, text: await answer.body.text(), headers: answer.headers };
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
    expect((await ask('GET')).status).toBe(200);
    expect((await ask('POST', enable)).status).toBe(500);
  });
});
