// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Traffic, type ProxyTraffic } from '../../../operator/controllers/shared/traffic.ts';

const A = '15550001111';
const B = '15550002222';
let now = 0;
let told: string[] = [];
let traffic = new Traffic(
  () => now,
  () => {},
  () => {},
);
beforeEach(() => {
  now = 1000;
  told = [];
  traffic = new Traffic(
    () => now,
    (gateway, digits) => told.push(`${gateway} ${digits}`),
    () => {},
  );
});

const observe = (proxies: Record<string, ProxyTraffic | undefined>, gateway = 'default', at = now): void =>
  traffic.observe(gateway, new Map(Object.entries(proxies)), at);
const refusals = (count: number, digits = A): ProxyTraffic => ({ refusals: { [digits]: count } });

describe('calls of a number', () => {
  it('are those that any proxy tells of', () => {
    observe({ p: { calls: { [A]: 2 } }, q: { calls: { [A]: 3, [B]: 1 } } });
    expect([A, B, '1'].map((digits) => traffic.calls('default', digits, 0))).toEqual([3, 1, 0]);
    expect([traffic.allCalls('default'), traffic.allCalls('other')]).toEqual([4, undefined]);
  });

  it.each<[string, Record<string, ProxyTraffic | undefined>]>([
    ['no proxy', {}],
    ['proxies that do not answer', { p: undefined }],
    ['proxies that do not know', { p: {}, q: { calls: null }, r: { calls: undefined } }],
  ])('are unknown with %s', (_, proxies) => {
    observe(proxies);
    expect(traffic.calls('default', A, 0)).toBeUndefined();
  });

  it('are unknown until they were asked about since then, by when they were asked', () => {
    observe({ p: { calls: {} } }, 'default', 1000);
    expect([traffic.calls('default', A, 1000), traffic.calls('default', A, 1001)]).toEqual([0, undefined]);
  });

  it('are another gateway’s where it is another, and forgotten with it', () => {
    observe({ p: { calls: { [A]: 1 } } });
    expect(traffic.calls('other', A, 0)).toBeUndefined();
    traffic.forget('default');
    expect(traffic.calls('default', A, 0)).toBeUndefined();
  });
});

describe('wrong digest answers', () => {
  it('again and again mean that the password has changed', () => {
    for (const count of [0, 1, 2]) observe({ p: refusals(count) });
    expect(told).toEqual([]);
    observe({ p: refusals(3) });
    expect(told).toEqual([`default ${A}`]);
    observe({ p: refusals(5) });
    expect(told).toHaveLength(1);
    observe({ p: refusals(6) });
    expect(told).toHaveLength(2);
  });

  it('are summed up over proxies, and kept apart by number and gateway', () => {
    observe({ p: refusals(0), q: refusals(0) });
    observe({ p: refusals(0), q: refusals(0) }, 'other');
    observe({ p: refusals(2), q: refusals(1, B) });
    observe({ p: refusals(2), q: refusals(2) }, 'other');
    expect(told).toEqual([`other ${A}`]);
    observe({ p: refusals(2), q: { refusals: { [A]: 1, [B]: 1 } } });
    expect(told).toEqual([`other ${A}`, `default ${A}`]);
  });

  it('of a proxy that is seen for the first time may be old', () => {
    observe({ p: refusals(50) });
    expect(told).toEqual([]);
  });

  it('of a number that had none before count from nothing', () => {
    observe({ p: { refusals: {} } });
    observe({ p: refusals(3) });
    expect(told).toHaveLength(1);
  });

  it('start anew with the proxy’s engine', () => {
    observe({ p: refusals(10) });
    observe({ p: refusals(0) });
    expect(told).toEqual([]);
    observe({ p: refusals(3) });
    expect(told).toHaveLength(1);
  });

  it.each([undefined, {}, { refusals: null }])('of a proxy that says nothing (%o) are none', (silent) => {
    observe({ p: refusals(1) });
    observe({ p: silent });
    observe({ p: refusals(9) });
    expect(told).toEqual([]);
  });
});
