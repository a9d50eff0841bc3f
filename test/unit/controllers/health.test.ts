// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Health } from '../../../operator/controllers/shared/health.ts';

describe('a destination that the proxies probe', () => {
  let changed: string[][];
  let health: Health;
  beforeEach(() => {
    changed = [];
    health = new Health((targets) => changed.push([...targets]));
  });

  it('is up where it answers any proxy, down where it answers none, and unknown while nobody has asked', () => {
    health.observe('default', [{ a: true, b: false }, { a: false, b: false }, undefined, null]);
    expect(['a', 'b', 'c'].map((target) => health.state(target))).toEqual(['Up', 'Down', 'Unknown']);
    health.observe('second', [{ b: true }]);
    expect(health.state('b')).toBe('Up');
  });

  it('is told of when it changes, and not before', () => {
    health.observe('default', [{ a: true, b: true }]);
    health.observe('default', [{ a: true, b: true }]);
    health.observe('default', [{ a: false, b: true }]);
    expect(changed).toEqual([['a', 'b'], ['a']]);
  });

  it('is unknown again when it is probed no more, or its gateway is gone', () => {
    health.observe('default', [{ a: true, b: true }]);
    health.observe('default', [{ a: true }]);
    health.forget('default');
    expect([health.state('a'), health.state('b')]).toEqual(['Unknown', 'Unknown']);
    expect(changed.slice(1)).toEqual([['b'], ['a']]);
  });
});
