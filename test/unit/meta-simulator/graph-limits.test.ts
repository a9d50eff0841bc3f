// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { SlidingWindow } from '../../meta/graph/window.ts';
import { account, type Answer, type Client, client, id } from './graph-client.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const usage = ({ headers }: Answer): unknown => {
  const parsed: unknown = JSON.parse(headers['x-business-use-case-usage'] ?? '{}');
  return parsed;
};

async function askTimes(graph: Client, times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect((await graph.get()).status).toBe(200);
}

describe('an app at an account', () => {
  test('may ask 200 times an hour until the account has a connected number, then 5000 times', async () => {
    const graph = client({ numberStatus: 'PENDING' }, { now: () => 0 });
    await askTimes(graph, 200);
    expect(await graph.get()).toMatchObject({ status: 400, body: { error: { code: 80007 } } });
    Object.assign(graph.state.number(id) ?? {}, { numberStatus: 'CONNECTED' });
    await askTimes(graph, 4799);
    expect(await graph.get()).toMatchObject({ status: 400, body: { error: { code: 80007 } } });
  });

  test('reads its true usage off every answer, refusals included', async () => {
    const graph = client({}, { now: () => 0 });
    graph.api.limits.settings = { ...graph.api.limits.settings, accountPerHour: 8 };
    const percentages = [];
    for (let i = 0; i < 10; i++) {
      const answer = await graph.get(i === 3 ? `/${id}?fields=colour` : `/${account}`);
      percentages.push(usage(answer));
    }
    const entry = (call_count: number, estimated_time_to_regain_access: number): object => ({
      [account]: [{
        type: 'whatsapp_business_management', call_count, total_cputime: 0, total_time: 0, estimated_time_to_regain_access,
      }],
    });
    const below = [12, 25, 37, 50, 62, 75, 87, 100].map((percent) => entry(percent, 0));
    expect(percentages).toEqual([...below, entry(100, 60), entry(100, 60)]);
  });

  test('is let in again when it was promised, later if it kept asking', async () => {
    let now = 0;
    const graph = client({}, { now: () => now });
    graph.api.limits.settings = { ...graph.api.limits.settings, accountPerHour: 2 };
    await askTimes(graph, 1);
    now = 10 * minuteMs;
    await askTimes(graph, 1);
    now = 20 * minuteMs;
    // With this refused one there are three within the hour; below two once those of 0 and 10 min have left it.
    expect(usage(await graph.get())).toMatchObject({ [account]: [{ estimated_time_to_regain_access: 50 }] });
    now = 65 * minuteMs;
    expect(usage(await graph.get())).toMatchObject({ [account]: [{ estimated_time_to_regain_access: 15 }] });
    now = 80 * minuteMs;
    expect((await graph.get()).status).toBe(200);
  });

  test('shares no budget with other apps and other accounts', async () => {
    const first = client({}, { now: () => 0 });
    const second = client({}, { state: first.state, appId: '7002' });
    second.api.limits.settings = { ...second.api.limits.settings, accountPerHour: 1 };
    first.state.addNumber({ phoneNumberID: '9', phoneNumber: '+15550009999', businessAccountID: '2002' });
    const ask = (path: string, bearer: string) => second.send('GET', path, { bearer });
    expect((await ask(`/${id}`, 'token-7001')).status).toBe(200);
    expect((await ask(`/${account}`, 'token-7001')).status).toBe(400);
    expect((await ask(`/${id}`, 'token-7002')).status).toBe(200);
    expect((await ask('/9', 'token-7001')).status).toBe(200);
    expect(second.api.counter.read().throttled).toBe(1);
  });
});

describe('an app', () => {
  test('has a limit of its own where one is set: code 4, and X-App-Usage', async () => {
    let now = 0;
    const graph = client({}, { now: () => now });
    graph.state.addApp({ appId: '7001', secret: 's' });
    graph.api.limits.settings = { ...graph.api.limits.settings, appPerHour: 4 };
    const ask = () => graph.send('GET', '/debug_token?input_token=token-7001', { bearer: '7001|s' });
    expect((await ask()).headers).toEqual({ 'x-app-usage': '{"call_count":25,"total_cputime":0,"total_time":0}' });
    await askTimes(graph, 3);
    const answer = await ask();
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 4 } } });
    expect(answer.headers['x-app-usage']).toContain('"call_count":100');
    now = hourMs;
    expect((await ask()).status).toBe(200);
  });
});

describe('a sliding window', () => {
  test('counts and foretells as a plain list of moments does', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (gaps, limit) => {
      const window = new SlidingWindow(100);
      const times: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        window.add(now);
        times.push(now);
        const inside = (at: number): number => times.filter((time) => time > at - 100).length;
        expect(window.count(now)).toBe(inside(now));
        const wait = window.waitFor(limit, now);
        expect(inside(now + wait)).toBeLessThan(limit);
        expect(wait === 0 || inside(now + wait - 1) >= limit).toBe(true);
      }
    }));
  });

  test('stays exact over very many moments', () => {
    const window = new SlidingWindow(1000);
    for (let now = 0; now < 100_000; now++) window.add(now);
    expect(window.count(99_999)).toBe(1000);
    expect(window.count(100_500)).toBe(499);
  });
});
