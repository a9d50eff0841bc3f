// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Calls } from '../../../media/agent/calls.ts';
import { HOLDS_MS, Limits, loadsOf, toTell } from '../../../media/agent/limits.ts';
import { ALL_NUMBERS, limited, toSnapshot } from '../../../operator/routing/snapshot.ts';
import { destination, goesTo, relay } from '../builders.ts';

const numbers = [
  { digits: '1', name: 'a', ha1: 'aa', maxCalls: 2, outbound: null, routes: [{ ...goesTo('sip:a'), destinations: [{ ...destination('sip:a'), maxCalls: 1 }, destination('sip:b')] }] },
  { digits: '2', name: 'b', ha1: 'bb', maxCalls: null, outbound: null, routes: [goesTo('sip:c')] },
];
const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers });
const calls = (of: Record<string, number>, to: Record<string, number>): NonNullable<Calls> => ({ numbers: of, destinations: to });

const beginTurn = (): Promise<void> => Promise.resolve();
const tellLoads = (): Promise<void> => Promise.resolve();

describe('limits', () => {
  it('are of numbers and of destinations that have one', () => {
    expect([...limited(snapshot)]).toEqual(['1', 'sip:a']);
  });

  it('are of all numbers together where the gateway has one', () => {
    const most = toSnapshot({ ...snapshot, maxCalls: 5 });
    expect([...limited(most)]).toEqual([ALL_NUMBERS, '1', 'sip:a']);
    expect(toTell(limited(most), calls({ 1: 2, 2: 7 }, { 'sip:c': 9 }), new Map())).toEqual(new Map([['1', 2], [ALL_NUMBERS, 9]]));
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
    const engine = { beginTurn, tellLoads, tellLive: async (counts: ReadonlyMap<string, number>) => void told.push([...counts]) };
    const limits = new Limits({ engine, calls: { count: async () => live, loads: new Map() }, log: pino({ level: 'silent' }), now: () => now });
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
      beginTurn,
      tellLoads,
      tellLive: (counts: ReadonlyMap<string, number>) => (told.push(counts) === 2 ? Promise.reject(new Error('away')) : Promise.resolve()),
    };
    const limits = new Limits({ engine, calls: { count: async () => live, loads: new Map() }, log: pino({}, { write: (line) => void warnings.push(line) }), now: () => 0 });
    await limits.refresh(undefined);
    expect(told).toEqual([]);
    live = calls({ 1: 1 }, {});
    for (let i = 0; i < 3; i += 1) await limits.refresh(snapshot);
    expect(told).toHaveLength(3);
    expect(warnings).toHaveLength(1);
  });

  it('come with what relays have to do, also where calls cannot be counted, and nothing of those that do not tell', async () => {
    const told: ReadonlyMap<string, number>[] = [];
    const turns: string[] = [];
    const media = [relay(), relay({ name: 'x-media-00000b', id: '00000b', control: 'udp:10.0.0.2:2223' })];
    const loads = new Map([['udp:10.0.0.1:2223', { calls: 3, units: 12, began: 0 }], ['udp:10.0.0.9:2223', { calls: 1, units: 1, began: 0 }]]);
    expect(loadsOf(toSnapshot({ ...snapshot, media }), loads)).toEqual(new Map([['00000a', 12]]));
    const engine = { tellLive: () => Promise.resolve(), beginTurn: async (turn: number) => void turns.push(`begin ${turn}`), tellLoads: async (units: ReadonlyMap<string, number>, turn: number) => {
      told.push(units);
      turns.push(`tell ${turn}`);
    } };
    const limits = new Limits({ engine, calls: { count: async () => null, loads }, log: pino({ level: 'silent' }), now: () => 0 });
    await limits.refresh(toSnapshot({ ...snapshot, media }));
    await limits.refresh(toSnapshot({ ...snapshot, media }));
    expect(told).toEqual([new Map([['00000a', 12]]), new Map([['00000a', 12]])]);
    // What begins while they are counted belongs to the turn after.
    expect(turns).toEqual(['begin 1', 'tell 1', 'begin 2', 'tell 2']);
  });
});
