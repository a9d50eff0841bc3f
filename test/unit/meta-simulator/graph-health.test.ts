// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { account, type Client, client, enable, id, record } from './graph-client.ts';

async function health(graph: Client, node = id): Promise<Record<string, unknown>> {
  return record((await graph.get(`/${node}?fields=health_status`)).body['health_status']);
}

async function entity(graph: Client, type: string, node = id): Promise<unknown> {
  const { entities } = await health(graph, node);
  return Array.isArray(entities) ? entities.find((each) => record(each)['entity_type'] === type) : undefined;
}

describe('health_status of a number', () => {
  test('is available everywhere once SIP is on with a server of the app that asks', async () => {
    const graph = client();
    await graph.post(enable);
    expect(await health(graph)).toEqual({
      can_send_message: 'AVAILABLE',
      entities: [
        { entity_type: 'PHONE_NUMBER', id, can_send_message: 'AVAILABLE', can_receive_call_sip: 'AVAILABLE' },
        { entity_type: 'WABA', id: account, can_send_message: 'AVAILABLE' },
        { entity_type: 'BUSINESS', id: '52001', can_send_message: 'AVAILABLE' },
        { entity_type: 'APP', id: '7001', can_send_message: 'AVAILABLE', can_receive_call_sip: 'AVAILABLE' },
      ],
    });
  });

  test('is blocked at the top while every entity may send messages, when only SIP is missing', async () => {
    const graph = client();
    expect(await health(graph)).toMatchObject({
      can_send_message: 'BLOCKED',
      entities: [
        { can_send_message: 'AVAILABLE', can_receive_call_sip: 'BLOCKED', errors: [{ error_code: 138024 }] },
        { can_send_message: 'AVAILABLE' },
        { can_send_message: 'AVAILABLE' },
        { can_send_message: 'AVAILABLE', can_receive_call_sip: 'BLOCKED', errors: [{ error_code: 138025 }] },
      ],
    });
  });

  test('speaks of the app whose token asks', async () => {
    const owner = client();
    await owner.post(enable);
    const other = client({}, { state: owner.state, appId: '7002' });
    expect(await entity(other, 'APP')).toMatchObject({ id: '7002', errors: [{ error_code: 138025 }] });
    expect(await entity(other, 'PHONE_NUMBER')).not.toHaveProperty('errors');
  });

  test('says that an app is in development', async () => {
    const graph = client();
    await graph.post(enable);
    graph.state.addApp({ appId: '7001', mode: 'development' });
    expect(await entity(graph, 'APP')).toMatchObject({
      can_receive_call_sip: 'BLOCKED', errors: [{ error_description: expect.stringContaining('development mode') }],
    });
  });

  test('says that a number is not connected', async () => {
    const graph = client({ numberStatus: 'DISCONNECTED' });
    expect(await entity(graph, 'PHONE_NUMBER')).toMatchObject({
      can_send_message: 'BLOCKED', errors: [{ error_description: expect.stringContaining('DISCONNECTED') }, {}],
    });
  });

  test('shows the trouble that a test adds: errors block, limitations limit', async () => {
    const graph = client();
    await graph.post(enable);
    const number = graph.state.number(id);
    const limitation = 'Display name is not approved yet';
    Object.assign(number ?? {}, {
      healthIssues: [{ entity: 'PHONE_NUMBER', affects: 'can_send_message', limitation }],
    });
    expect(await health(graph)).toMatchObject({
      can_send_message: 'LIMITED', entities: [{ can_send_message: 'LIMITED', additional_info: [limitation] }, {}, {}, {}],
    });
    const error = { code: 141006, description: 'Payment', solution: 'Pay' };
    graph.state.addAccount({ id: account, healthIssues: [{ entity: 'WABA', affects: 'can_send_message', error }] });
    expect(await health(graph)).toMatchObject({ can_send_message: 'BLOCKED' });
    expect(await entity(graph, 'WABA')).toMatchObject({
      can_send_message: 'BLOCKED',
      errors: [{ error_code: 141006, error_description: 'Payment', possible_solution: 'Pay' }],
    });
  });
});

describe('health_status of an account', () => {
  test('has account, business and app, and nothing about SIP', async () => {
    const graph = client();
    expect(await health(graph, account)).toEqual({
      can_send_message: 'AVAILABLE',
      entities: [
        { entity_type: 'WABA', id: account, can_send_message: 'AVAILABLE' },
        { entity_type: 'BUSINESS', id: '52001', can_send_message: 'AVAILABLE' },
        { entity_type: 'APP', id: '7001', can_send_message: 'AVAILABLE' },
      ],
    });
    const error = { code: 1, description: 'd', solution: 's' };
    graph.state.addAccount({ id: account, healthIssues: [{ entity: 'BUSINESS', affects: 'can_send_message', error }] });
    expect(await entity(graph, 'BUSINESS', account)).toMatchObject({ can_send_message: 'BLOCKED' });
  });
});
