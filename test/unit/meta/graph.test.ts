// SPDX-License-Identifier: Apache-2.0
// Each request of the Graph client, as Meta receives it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import type { GraphClient } from '../../../operator/meta/graph.ts';
import { goodAccount, goodNode, goodToken } from '../builders.ts';
import { opusFile } from '../meta-simulator/opus-file.ts';
import { access, GraphServer, json, SECRET, TOKEN } from './graphserver.ts';

const server = new GraphServer();
let graph: GraphClient;
beforeAll(async () => {
  graph = await server.start();
});
afterAll(() => server.stop());

const ID = '106540352242922';
const ACCOUNT = '102290129340398';
const app = { appID: '7', secret: new Sensitive(SECRET) };
/** Method and path, and the body as JSON. */
const request = (): [string, unknown] => {
  const { method, path, body } = server.last;
  return [`${method} ${path}`, body.length > 0 ? JSON.parse(body.toString()) : undefined];
};

describe('the Graph client', () => {
  it('asks what the token is worth: the only request with it in its address', async () => {
    server.answer = json({ data: goodToken });
    expect(await graph.token(access())).toMatchObject({ app_id: '700000000000001', is_valid: true });
    expect(request()[0]).toBe('GET /v25.0/debug_token');
    expect([...server.last.query]).toEqual([['input_token', TOKEN]]);
  });

  it('reads a number with all fields that are judged', async () => {
    server.answer = json({ ...goodNode, id: ID });
    expect(await graph.number(access(), ID)).toMatchObject({ status: 'CONNECTED', display_phone_number: '+1 555-000-1111' });
    expect(request()[0]).toBe(`GET /v25.0/${ID}`);
    expect(server.last.query.get('fields')?.split(',')).toEqual(
      expect.arrayContaining(['status', 'health_status', 'platform_type']),
    );
  });

  it('reads an account, its words in capitals', async () => {
    server.answer = json(goodAccount);
    expect(await graph.account(access(), ACCOUNT)).toMatchObject({ business_verification_status: 'VERIFIED' });
    expect(request()[0]).toBe(`GET /v25.0/${ACCOUNT}`);
    expect(server.last.query.get('fields')).toContain('business_verification_status');
  });

  it('writes calling settings, and no other group beside them', async () => {
    server.answer = json({ success: true });
    await graph.writeCalling(access(), ID, { status: 'DISABLED' });
    expect(request()).toEqual([`POST /v25.0/${ID}/settings`, { calling: { status: 'DISABLED' } }]);
    expect(server.last.headers['content-type']).toBe('application/json');
  });

  it('registers a number with its PIN', async () => {
    server.answer = json({ success: true });
    await graph.register(access(), ID, new Sensitive('123456'));
    expect(request()).toEqual([`POST /v25.0/${ID}/register`, { messaging_product: 'whatsapp', pin: '123456' }]);
  });

  it('uploads an announcement byte for byte, for what it is used, and gives its id', async () => {
    const audio = new Uint8Array(opusFile(3));
    server.answer = json({ id: '9876543210123457' });
    expect(await graph.uploadAnnouncement(access(), ID, audio)).toBe('9876543210123457');
    const { path, headers, body } = server.last;
    expect(path).toBe(`/v25.0/${ID}/media`);
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': String(headers['content-type']) },
    }).formData();
    const { file, ...fields } = Object.fromEntries(form);
    expect(fields).toEqual({ messaging_product: 'whatsapp', use_case: 'call_voicemail_announcement', type: 'audio/ogg' });
    expect(file).toMatchObject({ type: 'audio/ogg' });
    expect(file instanceof Blob && new Uint8Array(await file.arrayBuffer())).toEqual(audio);
  });

  it('reads and makes the account’s subscriptions', async () => {
    server.answer = json({ data: [{ whatsapp_business_api_data: { id: 7 } }] });
    expect(await graph.subscribedApps(access(), ACCOUNT)).toEqual(['7']);
    expect(request()).toEqual([`GET /v25.0/${ACCOUNT}/subscribed_apps`, undefined]);
    server.answer = json({ success: true });
    await graph.subscribe(access(), ACCOUNT);
    expect(request()[0]).toBe(`POST /v25.0/${ACCOUNT}/subscribed_apps`);
  });

  it('reads and sets the app’s fields with the app’s own token', async () => {
    const signed = access({ appSecret: new Sensitive(SECRET) });
    server.answer = json({ data: [] });
    expect(await graph.appSubscription(signed, app)).toBeUndefined();
    expect(request()[0]).toBe('GET /v25.0/7/subscriptions');
    server.answer = json({ success: true });
    const wanted = {
      callbackURL: 'https://hooks.example.com',
      fields: ['calls', 'security'],
      verifyToken: new Sensitive('word'),
    };
    await graph.setAppSubscription(signed, app, wanted);
    expect(request()).toEqual([
      'POST /v25.0/7/subscriptions',
      {
        object: 'whatsapp_business_account',
        callback_url: 'https://hooks.example.com',
        verify_token: 'word',
        fields: 'calls,security',
      },
    ]);
    for (const { headers, query } of server.asked.slice(-2)) {
      expect(headers.authorization).toBe(`Bearer 7|${SECRET}`);
      // An app's token is its secret: there is nothing to prove.
      expect([...query]).toEqual([]);
    }
  });

  it('has its token in no other address', () => {
    const elsewhere = server.asked.filter(({ path }) => path !== '/v25.0/debug_token');
    expect(elsewhere.length).toBeGreaterThan(6);
    expect(elsewhere.filter(({ query, path }) => `${path}?${query.toString()}`.includes(TOKEN))).toEqual([]);
  });
});
