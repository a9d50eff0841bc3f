// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../meta/pki.ts';
import { account, client, id } from './graph-client.ts';
import { appId, type Graph, startGraph, token } from './graph-https.ts';
import { echo, openHook } from './hook.ts';

const appToken = `${appId}|s3cret`;
let graph: Graph;

beforeAll(async () => {
  graph = await startGraph();
  graph.meta.addApp({ appId, name: 'Calls', secret: 's3cret' });
});

afterAll(() => graph.close());

const subscription = (callback_url: string, change: object = {}): object =>
  ({ object: 'whatsapp_business_account', callback_url, verify_token: 'v', fields: 'messages,calls', ...change });

describe('the webhooks of an app', () => {
  const path = `/${appId}/subscriptions`;

  test('are subscribed once the callback repeats the challenge, and listed', async () => {
    await using hook = await openHook(echo);
    const { url, asked } = hook;
    const body = new URLSearchParams(Object.entries(subscription(url)));
    const answer = await graph.ask('POST', path, { body, bearer: appToken });
    expect(answer).toMatchObject({ status: 200, text: '{"success":true}' });
    expect(asked.map((query) => [query.get('hub.mode'), query.get('hub.verify_token')])).toEqual([['subscribe', 'v']]);
    const listed = await graph.ask('GET', `${path}?access_token=${encodeURIComponent(appToken)}`, { bearer: appToken });
    expect(JSON.parse(listed.text)).toEqual({
      data: [{
        object: 'whatsapp_business_account', callback_url: url, active: true,
        fields: [{ name: 'messages', version: 'v25.0' }, { name: 'calls', version: 'v25.0' }],
      }],
    });
  });

  test.each([
    ['says something else', (_: URLSearchParams, response: ServerResponse) => { response.end('hello'); }, /challenge/],
    ['answers 403', (_: URLSearchParams, response: ServerResponse) => { response.writeHead(403).end(); }, /= 403/],
    ['hangs up', (_: URLSearchParams, response: ServerResponse) => { response.destroy(); }, /Status Code = 0/],
  ])('are not subscribed when the callback %s: code 2200', async (_, answer, reason) => {
    await using hook = await openHook(answer);
    const fields = subscription(hook.url, { fields: ['security'] });
    const { status, text } = await graph.ask('POST', path, { body: fields, bearer: appToken });
    expect([status, JSON.parse(text)]).toMatchObject([
      400, { error: { code: 2200, message: expect.stringMatching(/^\(#2200\) Callback verification failed/) } },
    ]);
    expect(text).toMatch(reason);
    expect((await graph.ask('GET', path, { bearer: appToken })).text).not.toContain('security');
  });

  test('are not subscribed at a callback that cannot be reached', async () => {
    const { text } = await graph.ask('POST', path, { body: subscription('http://127.0.0.1:9/x'), bearer: appToken });
    expect(text).toContain('ECONNREFUSED');
    const nowhere = await graph.ask('POST', path, { body: subscription('ftp://x'), bearer: appToken });
    expect(nowhere.text).toContain('not an HTTP URL');
  });

  test('are subscribed over HTTPS at a certificate that ends at a trusted root, and at no other', async () => {
    const authority = await makeAuthority('Hooks');
    await using hook = await openHook(echo, await authority.issue('127.0.0.1'));
    const body = subscription(hook.url, { fields: ['flows'] });
    expect((await graph.ask('POST', path, { body, bearer: appToken })).text).toMatch(/certificate/);
    graph.meta.setTrust(authority.caPem);
    expect((await graph.ask('POST', path, { body, bearer: appToken })).status).toBe(200);
    graph.meta.setTrust((await makeAuthority('Others')).caPem);
    expect((await graph.ask('POST', path, { body, bearer: appToken })).status).toBe(400);
    expect(hook.asked).toHaveLength(1);
  });

  test('are of known objects and fields only', async () => {
    for (const change of [{ fields: 'call' }, { object: 'page' }, { verify_token: '' }, { callback_url: undefined }]) {
      const body = subscription('http://127.0.0.1:9/x', change);
      const { status, text } = await graph.ask('POST', path, { body, bearer: appToken });
      expect([status, JSON.parse(text)]).toMatchObject([400, { error: { code: 100 } }]);
      expect(text).toContain(Object.keys(change)[0]);
    }
  });

  test('are the business of the app’s own token only', async () => {
    expect((await graph.ask('GET', path)).text).toContain('must be called with an app access_token');
    expect((await graph.ask('GET', path, { bearer: `${appId}|wrong` })).status).toBe(401);
    graph.meta.addApp({ appId: '7002', secret: 'other' });
    expect((await graph.ask('GET', path, { bearer: '7002|other' })).text).toContain('"error_subcode":33');
    expect((await graph.ask('GET', `/${id}`, { bearer: appToken })).text).toContain('"error_subcode":33');
  });

  test('let calling be enabled without SIP, once the account is subscribed too', async () => {
    const own = client();
    expect(await own.post({ status: 'ENABLED' })).toMatchObject({ body: { error: { code: 138018 } } });
    await own.send('POST', `/${account}/subscribed_apps`);
    own.state.addApp({ appId: '7001', secret: 'x' });
    const body = subscription('http://h');
    expect((await own.send('POST', '/7001/subscriptions', { body, bearer: '7001|x' })).status).toBe(200);
    expect((await own.post({ status: 'ENABLED' })).status).toBe(200);
  });
});

describe('appsecret_proof', () => {
  const proof = (secret: string): string => createHmac('sha256', secret).update(token).digest('hex');
  const path = (value: string): string => `/${id}?fields=status&appsecret_proof=${value}`;

  test('is checked when it is sent', async () => {
    expect((await graph.ask('GET', path(proof('s3cret')))).status).toBe(200);
    for (const wrong of [proof('other'), 'x', '']) {
      const { status, text } = await graph.ask('GET', path(wrong));
      expect([status, JSON.parse(text)]).toMatchObject([
        400, { error: { code: 100, message: 'Invalid appsecret_proof provided in the API argument' } },
      ]);
    }
  });

  test('must be there when the app demands it', async () => {
    graph.meta.addApp({ appId, requireProof: true });
    const { status, text } = await graph.ask('GET', `/${id}`);
    expect([status, JSON.parse(text)]).toMatchObject([
      400, { error: { code: 100, message: 'API calls from the server require an appsecret_proof argument' } },
    ]);
    expect((await graph.ask('GET', path(proof('s3cret')))).status).toBe(200);
    expect((await graph.ask('GET', `/${appId}/subscriptions`, { bearer: appToken })).status).toBe(200);
    graph.meta.addApp({ appId, requireProof: false });
  });
});
