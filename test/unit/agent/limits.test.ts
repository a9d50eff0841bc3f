// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../media/agent/calls.ts';
import { HOLDS_MS, Limits, toTell } from '../../../media/agent/limits.ts';
import { limited, toSnapshot } from '../../../operator/routing/snapshot.ts';
import { destination, goesTo } from '../builders.ts';

const numbers = [
  { digits: '1', name: 'a', ha1: 'aa', maxCalls: 2, outbound: null, routes: [{ ...goesTo('sip:a'), destinations: [{ ...destination('sip:a'), maxCalls: 1 }, destination('sip:b')] }] },
  { digits: '2', name: 'b', ha1: 'bb', maxCalls: null, outbound: null, routes: [goesTo('sip:c')] },
];
const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers });
const calls = (of: Record<string, number>, to: Record<string, number>): NonNullable<Calls> => ({ numbers: of, destinations: to });

describe('limits', () => {
  it('are of numbers and of destinations that have one', () => {
    expect([...limited(snapshot)]).toEqual(['1', 'sip:a']);
  });

  it('are told what has calls, once more what had some, and nothing of the rest', () => {
    const now = calls({ 1: 2, 2: 7 }, { 'sip:a': 1, 'sip:b': 4 });
    expect(toTell(limited(snapshot), now, new Map())).toEqual(new Map([['1', 2], ['sip:a', 1]]));
    expect(toTell(limited(snapshot), calls({ 1: 1 }, {}), new Map([['1', 2], ['sip:a', 1]]))).toEqual(new Map([['1', 1], ['sip:a', 0]]));
    expect(toTell(limited(snapshot), calls({}, {}), new Map([['sip:a', 0]]))).toEqual(new Map());
  });

  it('hold for a while where calls cannot be counted, and then no more', async () => {
    const told: [string, number][][] = [];
    let live: Calls = calls({ 1: 2 }, {});
    let now = 0;
    const engine = { tellLive: async (counts: ReadonlyMap<string, number>) => void told.push([...counts]) };
    const limits = new Limits({ engine, calls: { count: async () => live }, log: pino({ level: 'silent' }), now: () => now });
    await limits.refresh(snapshot);
    live = null;
    now = HOLDS_MS - 1;
    await limits.refresh(snapshot);
    expect(told).toEqual([[['1', 2]]]);
    now = HOLDS_MS;
    await limits.refresh(snapshot);
    expect(told).toEqual([[['1', 2]], []]);
    live = calls({ 1: 1 }, {});
    await limits.refresh(snapshot);
    expect(told.at(-1)).toEqual([['1', 1]]);
  });

  it('are told again where the engine took nothing, which is said once', async () => {
    const told: ReadonlyMap<string, number>[] = [];
    const warnings: string[] = [];
    let live: Calls = null;
    const engine = {
      tellLive: (counts: ReadonlyMap<string, number>) => (told.push(counts) === 2 ? Promise.reject(new Error('away')) : Promise.resolve()),
    };
    const limits = new Limits({ engine, calls: { count: async () => live }, log: pino({}, { write: (line) => void warnings.push(line) }), now: () => 0 });
    await limits.refresh(undefined);
    expect(told).toEqual([]);
    live = calls({ 1: 1 }, {});
    for (let i = 0; i < 3; i += 1) await limits.refresh(snapshot);
    expect(told).toHaveLength(3);
    expect(warnings).toHaveLength(1);
  });
});
