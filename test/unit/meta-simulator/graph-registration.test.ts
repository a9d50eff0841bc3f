// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { NumberInput } from '../../meta/graph/state.ts';
import { type Answer, type Client, client, enable, id, refused } from './graph-client.ts';

const hourMs = 3_600_000;
const fresh: Partial<NumberInput> = {
  numberStatus: 'PENDING', platformType: 'NOT_APPLICABLE', codeVerification: 'NOT_VERIFIED',
};

const post = (graph: Client, edge: string, body: object = {}): Promise<Answer> =>
  graph.send('POST', `/${id}/${edge}`, { body });
const register = (graph: Client, pin = '123456'): Promise<Answer> =>
  post(graph, 'register', { messaging_product: 'whatsapp', pin });
const node = async (graph: Client): Promise<unknown> =>
  (await graph.get(`/${id}?fields=status,platform_type,code_verification_status,is_pin_enabled`)).body;

describe('a number comes to Cloud API', () => {
  test('by code, verification and registration, in this order', async () => {
    const graph = client(fresh);
    expect(await register(graph)).toMatchObject(refused(133006, /verified/));
    const asked = await graph.send('POST', `/${id}/request_code?code_method=SMS&language=en_US`);
    expect(asked.body).toEqual({ success: true });
    const code = graph.state.number(id)?.verificationCode ?? '';
    const wrong = code === '000000' ? '111111' : '000000';
    expect(await post(graph, 'verify_code', { code: wrong })).toMatchObject(refused(100, /code/));
    const body = `code=${code}`;
    const form = { body, contentType: 'application/x-www-form-urlencoded' };
    expect((await graph.send('POST', `/${id}/verify_code`, form)).body).toEqual({ success: true });
    expect((await register(graph)).body).toEqual({ success: true });
    expect(await node(graph)).toEqual({
      id, status: 'CONNECTED', platform_type: 'CLOUD_API', code_verification_status: 'VERIFIED', is_pin_enabled: true,
    });
  });

  test('only with the PIN it has, if it has one', async () => {
    const graph = client({ ...fresh, codeVerification: 'VERIFIED', pin: '111111' });
    expect(await register(graph)).toMatchObject(refused(133005, /PIN/));
    expect(await node(graph)).toMatchObject({ status: 'PENDING' });
    expect((await register(graph, '111111')).status).toBe(200);
    expect((await register(graph, '111111')).status).toBe(200);
  });

  test.each([
    ['register', { messaging_product: 'whatsapp', pin: '12345' }, /pin.*six digits/],
    ['register', { pin: '123456' }, /messaging_product/],
    ['request_code', { code_method: 'PIGEON', language: 'en_US' }, /code_method/],
    ['request_code', { code_method: 'SMS', language: 'English' }, /language/],
  ])('and %s with %j is refused', async (edge, body, details) => {
    expect(await post(client(fresh), edge, body)).toMatchObject(refused(100, details));
  });

  test('and keeps its data in a region if asked to', async () => {
    const graph = client();
    const body = { messaging_product: 'whatsapp', pin: '123456', data_localization_region: 'GB' };
    expect((await post(graph, 'register', body)).status).toBe(200);
    expect((await graph.get()).body).toMatchObject({ storage_configuration: { data_localization_region: 'GB' } });
  });
});

describe('a registered number', () => {
  test('changes its PIN, and one that is not registered does not', async () => {
    const graph = client();
    expect((await graph.send('POST', `/${id}`, { body: { pin: '222222' } })).body).toEqual({ success: true });
    expect(await register(graph)).toMatchObject(refused(133005, /PIN/));
    const change = client(fresh).send('POST', `/${id}`, { body: { pin: '222222' } });
    expect(await change).toMatchObject(refused(133010, /not registered/));
    expect(await graph.send('POST', `/${id}`, { body: {} })).toMatchObject(refused(100, /pin or webhook_configuration/));
  });

  test('is deregistered with its settings kept, once, and not while the app has it too', async () => {
    const graph = client();
    await graph.post(enable);
    expect((await post(graph, 'deregister')).body).toEqual({ success: true });
    expect(await node(graph)).toMatchObject({ status: 'DISCONNECTED' });
    expect(await graph.settings()).toMatchObject({ status: 'ENABLED' });
    expect(await post(graph, 'deregister')).toMatchObject(refused(133010, /not registered/));
    expect(await post(client({ onBizApp: true }), 'deregister')).toMatchObject(refused(100, /WhatsApp Business app/));
  });
});

describe('registering again and again', () => {
  test('is refused for 72 hours after ten times in 72 hours', async () => {
    let now = Date.UTC(2026, 0, 1);
    const graph = client({}, { now: () => now });
    for (let i = 0; i < 10; i++) expect((await register(graph)).status).toBe(200);
    now += 71 * hourMs;
    expect(await register(graph)).toMatchObject(refused(133016, /72 hours/));
    now += 2 * hourMs; // the ten are out of the window, the block is not over
    expect(await post(graph, 'deregister')).toMatchObject(refused(133016, /72 hours/));
    now += 70 * hourMs;
    expect((await register(graph)).status).toBe(200);
  });

  test('counts by number, and over the window only', async () => {
    let now = Date.UTC(2026, 0, 1);
    const graph = client({}, { now: () => now });
    for (let i = 0; i < 30; i++) {
      expect((await register(graph)).status).toBe(200);
      now += 8 * hourMs;
    }
    for (let i = 0; i < 9; i++) await register(graph);
    graph.state.addNumber({ phoneNumberID: '9', phoneNumber: '+15550009999', businessAccountID: '2001' });
    const body = { messaging_product: 'whatsapp', pin: '123456' };
    expect((await graph.send('POST', '/9/register', { body })).status).toBe(200);
    expect((await register(graph)).status).toBe(400);
  });
});
