// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { callsText } from '../../../operator/controllers/gateway/verdicts.ts';
import { AT_ONCE, mostOf, outdated } from '../../../operator/controllers/number/calls.ts';
import { number } from '../builders.ts';

const of = (name: string, phoneNumber: string, maxCalls?: number, calls?: string) => {
  const found = number(name, phoneNumber, { spec: maxCalls === undefined ? {} : { maxCalls } });
  return { ...found, status: { ...found.status, calls } };
};

describe('calls of a number', () => {
  it('are shown with its limit, or else Meta’s', () => {
    expect([callsText(3, mostOf(of('a', '+15550001', 20))), callsText(0, mostOf(of('b', '+15550002')))]).toEqual(['3/20', '0/1000']);
  });

  it('are shown anew where there are others, but not where nobody knows how many', () => {
    const numbers = [of('same', '+15550001', 20, '3/20'), of('more', '+15550002', 20, '3/20'), of('fresh', '+15550003'), of('unknown', '+15550004', 20, '3/20'), of('ended', '+15550005', 20, '1/20')];
    const live = new Map([['15550001', 3], ['15550002', 4], ['15550003', 0], ['15550005', 0]]);
    expect(outdated(numbers, (digits) => live.get(digits))).toEqual(['voice/more', 'voice/ended']);
  });

  it('are shown first of those nearest to another state, and of not too many at once', () => {
    const numbers = [...Array.from({ length: 2 * AT_ONCE }, (_, i) => of(`some-${i}`, `+1555${1000 + i}`)), of('full', '+15559999', 2)];
    const keys = outdated(numbers, () => 2);
    expect([keys.length, keys[0]]).toEqual([AT_ONCE, 'voice/full']);
  });
});
