// SPDX-License-Identifier: Apache-2.0
// What the proxy knows of calls between two counts of the agent: its Lua, run here as it is.
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadLua, type CallLua } from './lua.ts';

type Value = string | number;

/** Kamailio's tables: a key that was never counted is nothing, and counts from zero. */
const tables = new Map<string, Value>();
const add = (table: string, key: string, by: number): void => void tables.set(`${table} ${key}`, Number(tables.get(`${table} ${key}`) ?? 0) + by);
const htable = {
  sht_get: (table: string, key: string) => tables.get(`${table} ${key}`),
  sht_inc: (table: string, key: string) => add(table, key, 1),
  sht_dec: (table: string, key: string) => add(table, key, -1),
};

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua({ KSR: { htable } });
});
beforeEach(() => tables.clear());

const used = (): number => Number(lua('turns.used', '15550100', 'calls'));
const begin = (): void => void lua('turns.begin', '15550100');
// As the agent does it.
const beginTurn = (turn: number): void => void tables.set('live turn', turn);
const tell = (count: number, turn: number): void => {
  if (count > 0) tables.set('live 15550100', `${count};${turn}`);
  else tables.delete('live 15550100');
  tables.set('live told:calls', turn);
};

describe('calls between two counts', () => {
  it('are those that were counted and those that have begun since the count began', () => {
    begin();
    expect(used()).toBe(1);
    beginTurn(1);
    begin();
    tell(1, 1);
    expect(used()).toBe(2);
    beginTurn(2);
    tell(2, 2);
    expect(used()).toBe(2);
  });

  it('are none where the agent has told all that there is, and named none', () => {
    beginTurn(1);
    begin();
    beginTurn(2);
    expect(used()).toBe(1);
    tell(0, 2);
    expect(used()).toBe(0);
  });

  it('are not forgotten by an agent that begins anew', () => {
    beginTurn(500);
    tell(1, 500);
    beginTurn(1);
    begin();
    expect(used()).toBe(2);
    tell(2, 1);
    expect(used()).toBe(2 + 1);
    beginTurn(2);
    tell(2, 2);
    expect(used()).toBe(2);
  });

  it('are never fewer than there are, whenever they begin, and as many once it was quiet for a turn', () => {
    const step = fc.constantFrom('begins', 'ends', 'turn', 'count', 'tell');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        tables.clear();
        let [calls, turn, counted, told] = [0, 0, -1, 0];
        for (const what of steps) {
          if (what === 'begins') {
            begin();
            calls += 1;
          } else if (what === 'ends') calls = Math.max(0, calls - 1);
          // One after the other, as the agent does it.
          else if (what === 'turn' && told === turn) beginTurn((turn += 1));
          else if (what === 'count' && told < turn) counted = calls;
          else if (what === 'tell' && told < turn && counted >= 0) {
            tell(counted, turn);
            [told, counted] = [turn, -1];
          }
          expect(used()).toBeGreaterThanOrEqual(calls);
        }
        if (told < turn) tell(calls, turn);
        beginTurn((turn += 1));
        tell(calls, turn);
        expect(used()).toBe(calls);
      }),
    );
  });
});
