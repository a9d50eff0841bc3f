// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import { keepWebhooks, type WebhookWish } from '../../../operator/controllers/settings/webhooks.ts';
import { toGraphError } from '../../../operator/meta/errors.ts';
import { Lookups } from '../../../operator/meta/lookups.ts';
import { WATCHED_FIELDS } from '../../../operator/meta/subscriptions.ts';
import { access, FakeGraph } from '../meta/fakegraph.ts';

const URL = 'https://hooks.example.com/whatsapp';
const wish: WebhookWish = { mayWrite: true, callbackURL: URL, verifyToken: new Sensitive('word') };
const observing: WebhookWish = { ...wish, mayWrite: false };
const full = { callbackURL: URL, fields: [...WATCHED_FIELDS] };

let graph = new FakeGraph();
let lookups = new Lookups(graph, () => 0);
beforeEach(() => {
  graph = new FakeGraph();
  lookups = new Lookups(graph, () => 0);
});

const keep = (asked: WebhookWish | undefined, secret: Sensitive | undefined = new Sensitive('s')) =>
  keepWebhooks({
    graph,
    lookups,
    access: access(),
    accountID: '1',
    app: { appID: '7', ...(secret ? { secret } : {}) },
    wish: asked,
  });
const writes = (): string[] => graph.calls.filter((call) => call === 'subscribe' || call === 'setAppSubscription');

describe('the account’s webhooks', () => {
  it('that are as they should be are left alone', async () => {
    graph.subscription = full;
    expect(await keep(wish)).toMatchObject({ status: 'True', reason: 'Subscribed' });
    expect(writes()).toEqual([]);
  });

  it('are sent to the app where that is asked for, and looked at anew afterwards', async () => {
    graph.subscribed = ['8'];
    graph.subscription = full;
    expect(await keep(wish)).toMatchObject({ status: 'True', reason: 'Subscribed' });
    expect(writes()).toEqual(['subscribe']);
    expect(await keep(wish)).toMatchObject({ status: 'True' });
    expect(writes()).toEqual(['subscribe']);
  });

  it.each([
    ['nobody asked', undefined],
    ['nothing may be written', observing],
  ])('that go elsewhere are only shown where %s', async (_, asked) => {
    graph.subscribed = ['8'];
    const verdict = await keep(asked);
    expect(verdict).toMatchObject({ status: 'False', reason: 'NotSubscribed', advisory: true });
    expect(verdict.message).toContain('spec.webhook');
    expect(writes()).toEqual([]);
  });

  it('have fields that only the app’s secret shows', async () => {
    const verdict = await keepWebhooks({
      graph,
      lookups,
      access: access(),
      accountID: '1',
      app: { appID: '7' },
      wish: undefined,
    });
    expect(verdict).toMatchObject({ status: 'True', reason: 'Subscribed' });
    expect(verdict.message).toContain('spec.appSecretRef');
    expect(graph.calls).toEqual(['subscribedApps']);
  });

  it('that lack fields are told which, where nothing may be set', async () => {
    graph.subscription = { callbackURL: URL, fields: WATCHED_FIELDS.filter((field) => field !== 'security') };
    for (const asked of [undefined, observing]) {
      const verdict = await keep(asked);
      expect(verdict).toMatchObject({ status: 'False', reason: 'FieldsMissing', advisory: true });
      expect(verdict.message).toContain('lacks security: ');
    }
    expect(writes()).toEqual([]);
  });

  it('get all fields and the address where that is asked for, and keep those of others', async () => {
    graph.subscription = { callbackURL: 'https://old.example.com', fields: ['messages', 'calls'] };
    expect(await keep(wish)).toMatchObject({ status: 'True', reason: 'Subscribed' });
    expect(graph.subscription).toEqual({ callbackURL: URL, fields: ['messages', 'calls', ...WATCHED_FIELDS].toSorted() });
    expect(graph.verifyToken).toBe('word');
    await keep(wish);
    await keep(wish);
    expect(writes()).toEqual(['setAppSubscription']);
  });

  it('of an app that has none yet are set', async () => {
    await keep(wish);
    expect(graph.subscription?.fields).toEqual([...WATCHED_FIELDS].toSorted());
  });

  it.each<[string, number, string, object]>([
    ['a refusal', 403, '{"error":{"message":"no","code":200}}', { status: 'False', reason: 'NotSubscribed' }],
    [
      'that the address does not answer',
      400,
      '{"error":{"message":"no","code":100}}',
      { status: 'False', reason: 'NotSubscribed' },
    ],
    ['trouble', 503, '', { status: 'Unknown', reason: 'NotShown' }],
    ['too much', 429, '', { status: 'Unknown', reason: 'NotShown' }],
  ])('hold up nothing when Meta answers with %s', async (_, status, text, expected) => {
    graph.failures.set('setAppSubscription', toGraphError(status, text));
    const verdict = await keep(wish);
    expect(verdict).toMatchObject({ ...expected, advisory: true });
    expect(verdict.message).toMatch(/^Meta says: .+\. .+/);
  });

  it('show when the token is refused, which is everybody’s business', async () => {
    graph.failures.set('subscribedApps', toGraphError(401, '{"error":{"message":"expired","code":190}}'));
    await expect(keep(wish)).rejects.toMatchObject({ kind: 'token' });
  });

  it('hide no fault of the program', async () => {
    graph.failures.set('subscribedApps', new TypeError('bug'));
    await expect(keep(wish)).rejects.toThrow(TypeError);
  });
});
