// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { type Answer, type Client, client, id } from './graph-client.ts';

const start = Date.UTC(2026, 9, 10, 12);
const debug = (graph: Client, token: string, bearer = '7001|s'): Promise<Answer> =>
  graph.send('GET', `/debug_token?input_token=${encodeURIComponent(token)}`, { bearer });

function withApp(options: Parameters<typeof client>[1] = {}): Client {
  const graph = client({}, options);
  graph.state.addApp({ appId: '7001', name: 'Calls', secret: 's' });
  return graph;
}

describe('debug_token', () => {
  test('tells whose a token is and what it may do', async () => {
    const graph = withApp();
    const shown = {
      data: {
        app_id: '7001', application: 'Calls', type: 'SYSTEM_USER', is_valid: true, expires_at: 0,
        scopes: ['whatsapp_business_management'], granular_scopes: [{ scope: 'whatsapp_business_management' }],
      },
    };
    expect((await debug(graph, 'token-7001')).body).toEqual(shown);
    expect((await debug(graph, 'token-7001', 'token-7001')).body).toEqual(shown);
    expect((await debug(graph, '7001|s')).body).toMatchObject({ data: { type: 'APP', is_valid: true } });
  });

  test('names the accounts a token was granted for, and when it ends', async () => {
    const graph = withApp({ token: { accounts: ['2001'], expiresAt: 4_000_000_000 } });
    expect((await debug(graph, 'token-7001')).body).toMatchObject({
      data: { expires_at: 4_000_000_000, granular_scopes: [{ target_ids: ['2001'] }] },
    });
  });

  test('says of a bad token why it is bad', async () => {
    const graph = withApp({ now: () => start, token: { expiresAt: start / 1000 - 3600 } });
    expect((await debug(graph, 'token-7001')).body).toMatchObject({
      data: {
        app_id: '7001', is_valid: false, error: { code: 190, subcode: 463, message: expect.stringMatching(/expired/) },
      },
    });
    graph.state.addToken({ token: 'gone', appId: '7001', scopes: [] });
    graph.state.revokeToken('gone');
    expect((await debug(graph, 'gone')).body).toMatchObject({
      data: { app_id: '7001', is_valid: false, error: { code: 190, subcode: 460 } },
    });
    expect((await debug(graph, 'never')).body).toEqual({
      data: { is_valid: false, scopes: [], error: { code: 190, message: expect.stringContaining('Cannot parse') } },
    });
  });

  test('tells nothing about tokens of other apps, and nothing to nobody', async () => {
    const graph = withApp();
    graph.state.addToken({ token: 'foreign', appId: '7002', scopes: [] });
    expect(await debug(graph, 'foreign')).toMatchObject({
      status: 400, body: { error: { code: 100, message: expect.stringContaining('did not match the Viewing App') } },
    });
    expect(await graph.send('GET', '/debug_token', { bearer: '7001|s' })).toMatchObject({ status: 400 });
    expect(await debug(graph, 'token-7001', 'never')).toMatchObject({ status: 401 });
  });
});

describe('a token', () => {
  test('is good until the moment it expires, then answered with 190, subcode 463 and both moments', async () => {
    let now = start - 1;
    const graph = client({}, { now: () => now, token: { expiresAt: start / 1000 } });
    expect((await graph.get()).status).toBe(200);
    now = start;
    const message = 'Error validating access token: Session has expired on Saturday, 10-Oct-26 12:00:00 UTC. '
      + 'The current time is Saturday, 10-Oct-26 12:00:00 UTC.';
    const { status, body } = await graph.get();
    expect([status, body]).toMatchObject([401, { error: { code: 190, error_subcode: 463, message } }]);
  });

  test('that was revoked is answered with 190, and is good again once it is added again', async () => {
    const graph = client();
    graph.state.revokeToken('token-7001');
    expect(await graph.get(`/${id}`)).toMatchObject({
      status: 401, body: { error: { code: 190, message: expect.stringContaining('invalidated') } },
    });
    graph.state.addToken({ token: 'token-7001', appId: '7001', scopes: ['whatsapp_business_management'] });
    expect((await graph.get(`/${id}`)).status).toBe(200);
  });

  test('may come as a parameter too', async () => {
    const graph = client();
    const answer = await graph.send('GET', `/${id}?access_token=token-7001`, { bearer: undefined });
    expect(answer.status).toBe(200);
  });
});
