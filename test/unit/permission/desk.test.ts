// SPDX-License-Identifier: Apache-2.0
// What the operator tells a proxy of a user's permission, by what Meta says.
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { no, type Verdict } from '../../../operator/api/conditions.ts';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import { sipRoute, type SipRoute } from '../../../operator/api/siproute.ts';
import { Budget, PERMISSIONS } from '../../../operator/meta/budget.ts';
import type { GraphClient } from '../../../operator/meta/graph.ts';
import { PermissionDesk } from '../../../operator/permission/desk.ts';
import { number } from '../builders.ts';
import { GraphServer, json } from '../meta/graphserver.ts';

const server = new GraphServer();
let graph: GraphClient;
beforeAll(async () => {
  graph = await server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.asked.length = 0;
});

const NOW_S = 1_790_000_000;
const office = number('office', '+442079460101', { spec: { appSecretRef: { name: 'meta', key: 'app' } } });
const QUESTION = { route: 'voice/out', number: '442079460101', user: '+447700900123', demanded: false };

const route = (permission: object | undefined): SipRoute =>
  sipRoute.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipRoute',
    metadata: { name: 'out', namespace: 'voice', uid: 'u' },
    spec: { direction: 'Outbound', numbers: [{ name: 'gone' }, { name: 'office' }], sources: { networks: ['10.0.0.0/8'] }, permission },
  });

interface Scene {
  permission?: object | undefined;
  secret?: Sensitive | Verdict;
  budget?: Budget;
}

function desk({ permission = {}, secret = new Sensitive('token'), budget = new Budget(() => 0, PERMISSIONS) }: Scene = {}) {
  const routes = new Map([['voice/out', route(permission)]]);
  const numbers = new Map([['voice/office', office]]);
  const clock = { at: 0, now: () => clock.at, date: () => new Date(NOW_S * 1000) };
  return { clock, desk: new PermissionDesk({ routes, numbers, secrets: { text: async () => secret }, graph, budget, clock, log: pino({ level: 'silent' }) }) };
}

const none = json({ permission: { status: 'no_permission' }, actions: [{ action_name: 'send_call_permission_request', can_perform_action: true }, { action_name: 'start_call', can_perform_action: false }] });
const granted = json({ permission: { status: 'temporary', expiration_time: NOW_S + 600 }, actions: [{ action_name: 'start_call', can_perform_action: true, limits: [] }] });

describe('of a user', () => {
  it('who has agreed the call is allowed, and for half a minute nobody is asked again', async () => {
    const scene = desk();
    server.answer = granted;
    expect(await scene.desk.answer(QUESTION, 'default')).toEqual({ verdict: 'Allowed' });
    server.answer = none;
    expect(await scene.desk.answer(QUESTION, 'default')).toEqual({ verdict: 'Allowed' });
    scene.clock.at = 30_001;
    expect((await scene.desk.answer(QUESTION, 'default')).verdict).toBe('NoPermission');
    expect(server.asked.map(({ path, query }) => [path, query.get('user_wa_id')])).toEqual(['first', 'again'].map(() => [`/v25.0/${office.spec.phoneNumberID}/call_permissions`, '447700900123']));
  });

  it('who has not agreed Meta is asked each time', async () => {
    const scene = desk();
    server.answer = none;
    expect(await scene.desk.answer(QUESTION, 'default')).toEqual({ verdict: 'NoPermission', request: 'Possible' });
    server.answer = granted;
    expect(await scene.desk.answer(QUESTION, 'default')).toEqual({ verdict: 'Allowed' });
  });

  it('without a number Meta is asked by the user’s id', async () => {
    server.answer = granted;
    await desk().desk.answer({ ...QUESTION, user: 'GB.13491208655302741918' }, 'default');
    expect([...server.asked[0]?.query.keys() ?? []]).toContain('recipient');
    expect(server.asked[0]?.query.get('recipient')).toBe('GB.13491208655302741918');
  });

  it('who was called as often as may be the call waits until Meta’s limit ends', async () => {
    server.answer = json({ permission: { status: 'permanent' }, actions: [{ action_name: 'start_call', can_perform_action: false, limits: [{ limit_expiration_time: NOW_S + 90 }, {}] }] });
    expect(await desk().desk.answer(QUESTION, 'default')).toEqual({ verdict: 'UsedUp', retryAfterSeconds: 90 });
  });

  it('who has agreed and still cannot be called Meta itself tells whoever calls', async () => {
    server.answer = json({ permission: { status: 'permanent' }, actions: [{ action_name: 'start_call', can_perform_action: false }] });
    expect(await desk().desk.answer(QUESTION, 'default')).toEqual({ verdict: 'Unknown' });
  });
});

describe('a request to the user', () => {
  const sent = () => server.asked.filter(({ method }) => method === 'POST').map(({ path, body }) => [path, JSON.parse(body.toString())]);
  /** Meta takes the request, or does not. */
  const meta = (request = json({ messages: [{ id: 'wamid.1' }] })) => {
    server.answer = (response, asked) => (asked.method === 'POST' ? request : none)(response, asked);
  };

  it.each([
    ['Never', true, 'Possible'],
    ['OnDemand', false, 'Possible'],
    ['OnDemand', true, 'Sent'],
    ['Automatic', false, 'Sent'],
  ] as const)('with %s, and the call demands it: %s, is %s', async (request, demanded, expected) => {
    meta();
    const { desk: asking } = desk({ permission: { request } });
    expect(await asking.answer({ ...QUESTION, demanded }, 'default')).toEqual({ verdict: 'NoPermission', request: expected });
    expect(sent()).toHaveLength(expected === 'Sent' ? 1 : 0);
  });

  it('has the route’s words', async () => {
    meta();
    await desk({ permission: { request: 'Automatic', text: 'May we?' } }).desk.answer(QUESTION, 'default');
    expect(sent()).toEqual([[`/v25.0/${office.spec.phoneNumberID}/messages`, expect.objectContaining({ to: '447700900123', interactive: { type: 'call_permission_request', action: { name: 'call_permission_request' }, body: { text: 'May we?' } } })]]);
  });

  it('is one where several calls come at once', async () => {
    meta();
    const { desk: asking } = desk({ permission: { request: 'Automatic' } });
    const answers = await Promise.all([asking.answer(QUESTION, 'default'), asking.answer(QUESTION, 'default')]);
    expect(answers).toEqual(answers.map(() => ({ verdict: 'NoPermission', request: 'Sent' })));
    expect(sent()).toHaveLength(1);
  });

  it('is not tried where Meta would not take it', async () => {
    server.answer = json({ permission: { status: 'no_permission' }, actions: [{ action_name: 'send_call_permission_request', can_perform_action: false }] });
    expect(await desk({ permission: { request: 'Automatic' } }).desk.answer(QUESTION, 'default')).toEqual({ verdict: 'NoPermission', request: 'NotNow' });
    expect(sent()).toEqual([]);
  });

  it('that Meta does not take is told in its words', async () => {
    meta(json({ error: { code: 131047, message: 'Re-engagement message' } }, 400));
    expect(await desk({ permission: { request: 'Automatic' } }).desk.answer(QUESTION, 'default')).toEqual({
      verdict: 'NoPermission',
      request: 'Failed',
      words: 'Re-engagement message (code 131047)',
    });
  });
});

describe('nothing is known', () => {
  it.each<[string, Scene, Partial<typeof QUESTION>]>([
    ['of a call by a route that there is not', {}, { route: 'voice/other' }],
    ['of a call by a number that the route does not name', {}, { number: '15550001111' }],
    ['where no Secret holds the token', { secret: no('SecretNotFound', 'Secret "meta" does not exist') }, {}],
    ['where Meta’s limit is reached', { budget: new Budget(() => 0, { account: { burst: 0, perSecond: 0.001 }, app: { burst: 1, perSecond: 1 } }) }, {}],
  ])('%s, and Meta is not asked', async (_, scene, more) => {
    server.answer = granted;
    expect(await desk(scene).desk.answer({ ...QUESTION, ...more }, 'default')).toEqual({ verdict: 'Unknown' });
    expect(server.asked).toEqual([]);
  });

  it('to the proxies of another gateway, and Meta is not asked', async () => {
    server.answer = granted;
    expect(await desk().desk.answer(QUESTION, 'other')).toEqual({ verdict: 'Unknown' });
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['refuses to say', json({ error: { code: 138000, message: 'Calling not enabled' } }, 401)],
    ['answers with something else', json({ hello: 'world' })],
  ])('where Meta %s', async (_, answer) => {
    server.answer = answer;
    expect(await desk().desk.answer(QUESTION, 'default')).toEqual({ verdict: 'Unknown' });
  });
});
