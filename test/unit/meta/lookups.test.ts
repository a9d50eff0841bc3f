// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import { toGraphError } from '../../../operator/meta/errors.ts';
import { fingerprintOf, Lookups } from '../../../operator/meta/lookups.ts';
import { Memo } from '../../../operator/meta/memo.ts';
import { access, FakeGraph } from './fakegraph.ts';

const TTL = 600_000;

describe('a memo', () => {
  let now = 0;
  let memo = new Memo<string>(TTL, () => now);
  beforeEach(() => {
    now = 0;
    memo = new Memo<string>(TTL, () => now);
  });

  it('fetches once for all who ask meanwhile and afterwards', async () => {
    let fetched = 0;
    const { promise, resolve } = Promise.withResolvers<string>();
    const fetch = (): Promise<string> => {
      fetched += 1;
      return promise;
    };
    const asked = [memo.get('a', fetch), memo.get('a', fetch), memo.get('a', fetch)];
    resolve('answer');
    expect(await Promise.all(asked)).toEqual(['answer', 'answer', 'answer']);
    expect(await memo.get('a', fetch)).toBe('answer');
    expect(fetched).toBe(1);
  });

  it('fetches anew after its time, and each key for itself', async () => {
    await memo.get('a', async () => 'old');
    expect(await memo.get('b', async () => 'other')).toBe('other');
    now = TTL - 1;
    expect(memo.has('a')).toBe(true);
    expect(await memo.get('a', async () => 'new')).toBe('old');
    now = TTL;
    expect(memo.has('a')).toBe(false);
    expect(await memo.get('a', async () => 'new')).toBe('new');
  });

  it('hands a failure to all who asked, and keeps it for nobody else', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const asked = [memo.get('a', () => promise), memo.get('a', () => promise)];
    reject(new Error('down'));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(memo.has('a')).toBe(false);
    expect(await memo.get('a', async () => 'up')).toBe('up');
  });

  it('does not let a late failure take a newer answer away', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const late = memo.get('a', () => promise);
    memo.drop('a');
    await memo.get('a', async () => 'newer');
    reject(new Error('late'));
    await expect(late).rejects.toThrow('late');
    expect(await memo.get('a', async () => 'newest')).toBe('newer');
  });

  it('forgets what was not asked for just now, and drops what is known to be old', async () => {
    await memo.get('a', async () => 'old');
    memo.forget('a');
    expect(memo.has('a')).toBe(true);
    now = 6000;
    memo.forget('a');
    expect(memo.has('a')).toBe(false);
    await memo.get('a', async () => 'new');
    memo.drop('a');
    expect(memo.has('a')).toBe(false);
    expect(() => memo.forget('never seen')).not.toThrow();
  });
});

describe('lookups', () => {
  const app = { appID: '7', secret: new Sensitive('s') };
  let now = 0;
  let graph = new FakeGraph();
  const make = (): Lookups => new Lookups(graph, () => now);
  beforeEach(() => {
    now = 0;
    graph = new FakeGraph();
  });

  it('ask once for all numbers that have a token and an account in common', async () => {
    const lookups = make();
    for (let i = 0; i < 50; i++) {
      const same = access('token');
      await Promise.all([
        lookups.token(same),
        lookups.account(same, '1'),
        lookups.subscribedApps(same, '1'),
        lookups.appSubscription(same, app),
      ]);
    }
    expect(graph.calls.toSorted()).toEqual(['account', 'appSubscription', 'subscribedApps', 'token']);
  });

  it('ask for each token and each account by itself: one may see what another may not', async () => {
    const lookups = make();
    await Promise.all([lookups.account(access('a'), '1'), lookups.account(access('b'), '1'), lookups.account(access('a'), '2')]);
    expect(graph.count('account')).toBe(3);
  });

  it('say beforehand what they will cost', async () => {
    const lookups = make();
    const one = access('token');
    expect([lookups.knowsToken(one.token), lookups.cost(one, '1')]).toEqual([false, 3]);
    await Promise.all([lookups.token(one), lookups.account(one, '1'), lookups.subscribedApps(one, '1')]);
    expect([lookups.knowsToken(one.token), lookups.cost(one, '1')]).toEqual([true, 1]);
    await lookups.appSubscription(one, app);
    expect(lookups.cost(one, '1')).toBe(0);
    now = TTL;
    expect([lookups.knowsToken(one.token), lookups.cost(one, '1')]).toEqual([false, 3]);
  });

  it('keep that Meta turns a token down, in its words, and keep no other failure', async () => {
    const lookups = make();
    const bad = access('bad');
    graph.failures.set('token', toGraphError(401, '{"error":{"message":"Session expired","code":190}}'));
    expect(await lookups.token(bad)).toMatchObject({ is_valid: false, error: { message: 'Session expired (code 190)' } });
    expect(await lookups.token(bad)).toMatchObject({ is_valid: false });
    const lost = access('lost');
    graph.failures.set('token', toGraphError(503, ''));
    await expect(lookups.token(lost)).rejects.toThrow('HTTP 503');
    expect(await lookups.token(lost)).toMatchObject({ is_valid: true });
  });

  it('ask anew when told to, and know nothing of webhooks after they were changed', async () => {
    const lookups = make();
    const one = access('token');
    await Promise.all([
      lookups.token(one),
      lookups.account(one, '1'),
      lookups.subscribedApps(one, '1'),
      lookups.appSubscription(one, app),
    ]);
    lookups.forgetWebhooks(one, '1');
    expect(lookups.cost(one, '1')).toBe(2);
    now = 10_000;
    lookups.forget(one.token, '1');
    expect([lookups.knowsToken(one.token), lookups.cost(one, '1')]).toEqual([false, 3]);
  });

  it('know a token by a fingerprint that does not hold it', () => {
    const token = new Sensitive('EAAGsecret');
    expect(fingerprintOf(token)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf(token)).toBe(fingerprintOf(new Sensitive('EAAGsecret')));
    expect(fingerprintOf(token)).not.toBe(fingerprintOf(new Sensitive('EAAGother')));
  });
});
