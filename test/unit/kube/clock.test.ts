// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { backoff } from '../../../operator/kube/backoff.ts';
import { aborted, sleep, systemClock } from '../../../operator/kube/clock.ts';
import { deadline } from '../../../operator/kube/deadline.ts';
import { FakeClock } from './fake-clock.ts';

describe('a sleep', () => {
  test('ends on time, or when its signal aborts, and leaves nothing behind', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const ends: string[] = [];
    void sleep(clock, 100, abort.signal).then(() => ends.push('first'));
    void sleep(clock, 10_000, abort.signal).then(() => ends.push('second'));
    await clock.advance(100);
    expect(ends).toEqual(['first']);
    abort.abort();
    await sleep(clock, 10_000, abort.signal);
    await aborted(abort.signal);
    expect(ends).toEqual(['first', 'second']);
    expect([clock.pending, getEventListeners(abort.signal, 'abort').length]).toEqual([0, 0]);
  });
});

describe('a deadline', () => {
  test('aborts by time, and says so', async () => {
    const clock = new FakeClock();
    const limit = deadline(clock, 100);
    await clock.advance(60);
    limit.extend();
    await clock.advance(60);
    expect(limit.signal.aborted).toBe(false);
    await clock.advance(60);
    expect([limit.signal.aborted, limit.expired]).toEqual([true, true]);
  });

  test('aborts with its parent and its reason', () => {
    const parent = new AbortController();
    const limit = deadline(new FakeClock(), 100, parent.signal);
    parent.abort('why');
    expect([limit.signal.reason, limit.expired, deadline(new FakeClock(), 1, parent.signal).signal.aborted]).toEqual([
      'why',
      false,
      true,
    ]);
  });

  test('leaves nothing on a parent that outlives it', () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    for (let i = 0; i < 100; i += 1) {
      using limit = deadline(clock, 30_000, parent.signal);
      expect(limit.expired).toBe(false);
    }
    expect([clock.pending, getEventListeners(parent.signal, 'abort').length]).toEqual([0, 0]);
  });
});

test('a back-off doubles up to its limit, half of it by chance', () => {
  const limits = { baseMs: 100, maxMs: 1_000 };
  expect([1, 2, 3, 4, 5, 6, 1_000].map((failures) => backoff(failures, limits, () => 0))).toEqual([
    50, 100, 200, 400, 500, 500, 500,
  ]);
  expect([1, 2, 6].map((failures) => backoff(failures, limits, () => 1))).toEqual([100, 200, 1_000]);
});

test('the real clock goes forwards, tells the date and can be cancelled', async () => {
  const before = systemClock.now();
  const fired: string[] = [];
  systemClock.after(0, () => fired.push('cancelled'))();
  await new Promise<void>((resolve) => void systemClock.after(5, resolve));
  expect(fired).toEqual([]);
  expect(systemClock.now()).toBeGreaterThan(before);
  expect(Math.abs(systemClock.date().getTime() - Date.now())).toBeLessThan(1_000);
});
