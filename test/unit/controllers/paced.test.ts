// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Paced } from '../../../operator/controllers/shared/paced.ts';

describe('a value that takes long to make', () => {
  let now: number;
  let made: number;
  let costMs: number;
  let paced: Paced<number>;
  beforeEach(() => {
    [now, made, costMs] = [0, 0, 100];
    paced = new Paced(() => {
      now += costMs;
      return (made += 1);
    }, () => now);
  });

  it('is made once while nothing changes', () => {
    expect([paced.value, paced.value, paced.waitMs]).toEqual([1, 1, undefined]);
  });

  it('is made anew at once where it has rested', () => {
    expect(paced.value).toBe(1);
    now += 600;
    paced.stale();
    expect([paced.waitMs, paced.value, paced.waitMs]).toEqual([1, 2, undefined]);
  });

  it('stays as it is for six times what it took, says how long yet, and then has all that changed meanwhile', () => {
    expect(paced.value).toBe(1);
    now += 200;
    paced.stale();
    expect([paced.value, paced.waitMs]).toEqual([1, 400]);
    paced.stale();
    now += 399;
    expect([paced.value, paced.waitMs]).toEqual([1, 1]);
    now += 1;
    expect([paced.value, paced.waitMs]).toEqual([2, undefined]);
  });

  it('never rests where it takes no time', () => {
    costMs = 0;
    const values = Array.from({ length: 3 }, () => {
      paced.stale();
      return paced.value;
    });
    expect(values).toEqual([1, 2, 3]);
  });
});
