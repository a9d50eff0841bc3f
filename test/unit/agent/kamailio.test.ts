// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesOf, HASH_TABLES, NOTHING } from '../../../media/kamailio/changes.ts';
import { toRows, type NumberRows, type Rows } from '../../../media/kamailio/rows.ts';
import { changeTables, createTables, readRoutes } from '../../../media/kamailio/tables.ts';
import { destination, goesTo, MEDIA, relay } from '../builders.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

const snapshot = toSnapshot({
  hostname: 'sip.example.com',
  sourceNetworks: ['192.0.2.0/24', '198.51.100.7/32'],
  media: [relay(), relay({ name: 'x-media-0000ff', id: '0000ff', control: 'udp:10.0.0.2:2223', takesCalls: false })],
  numbers: [
    { digits: '15550001111', name: 'a', ha1: 'aa', maxCalls: 5, outbound: null, routes: [goesTo('sip:pbx:5060;transport=udp', "o'neil")] },
    { digits: '15550002222', name: 'b', ha1: 'bb', maxCalls: null, outbound: null, routes: [{ ...goesTo('sip:pbx'), match: { callers: ['+44*'] } }, { ...goesTo('sip:b'), destinations: [{ ...destination('sip:b'), priority: 5, weight: 2, probe: true }] }] },
    { digits: '15550003333', name: 'c', ha1: 'cc', maxCalls: null, outbound: null, routes: [] },
  ],
});

describe('toRows', () => {
  /** What the script finds for each number: its HA1, and its routes in their order. */
  const found = (rows: Rows): [string, string, unknown[]][] => {
    const routes = new Map(changesOf(NOTHING, rows).routes.set);
    return [...rows.numbers].map(([key, { number }]) => {
      const [ha1, limit, ...hashes] = number.split(' ');
      return [key, `${ha1} ${limit}`, hashes.map((hash) => JSON.parse(routes.get(hash) ?? 'null'))];
    });
  };

  it('puts all that the script asks about a number into one value, and what a route says into one of its own', () => {
    const failover = { on: ['Error', 'Unreachable'], ringSeconds: 20, withinSeconds: 30 };
    const common = { priority: 0, weight: 1, probe: false, fromHost: 'Meta', media: MEDIA };
    expect(found(toRows(snapshot, undefined, NOW))).toEqual([
      ['15550001111', 'aa 5', [{ name: 'voice/sales', ...failover, destinations: [{ ...common, target: 'sip:pbx:5060;transport=udp', user: "o'neil" }] }]],
      [
        '15550002222',
        'bb 0',
        [
          { name: 'voice/sales', match: { callers: ['+44*'] }, ...failover, destinations: [{ ...common, target: 'sip:pbx' }] },
          { name: 'voice/sales', ...failover, destinations: [{ ...common, priority: 5, weight: 2, probe: true, target: 'sip:b' }] },
        ],
      ],
      ['15550003333', 'cc 0', []],
    ]);
  });

  it('names a route by what it says, so that another one never takes its name', () => {
    const keys = (target: string): string[] => {
      const routes = [goesTo(target)];
      const rows = toRows(toSnapshot({ ...snapshot, numbers: [{ digits: '1', name: 'a', ha1: 'aa', maxCalls: null, outbound: null, routes }, { digits: '2', name: 'b', ha1: 'bb', maxCalls: null, outbound: null, routes }] }), undefined, NOW);
      return changesOf(NOTHING, rows).routes.set.map(([hash]) => hash);
    };
    expect(keys('sip:a')).toHaveLength(1);
    expect(keys('sip:a')).toEqual(keys('sip:a'));
    expect(keys('sip:a')).not.toEqual(keys('sip:b'));
  });

  it('gives a number that may be called with a row of its own, with its proof and who may call', () => {
    const proof = { md5: 'm', sha256: 's' };
    const out = { name: 'voice/out', match: { callees: ['+44*'] }, networks: ['10.0.0.0/8'], users: [{ name: 'desk', ha1: 'dd' }], asksPermission: true };
    const calling = toSnapshot({ ...snapshot, numbers: [{ digits: '442079460101', name: 'a', ha1: 'aa', maxCalls: null, routes: [], outbound: { proof, keyExchange: 'SDES', routes: [out] } }] });
    const rows = changesOf(NOTHING, toRows(calling, undefined, NOW));
    const routes = new Map(rows.routes.set);
    const [row] = rows.callers.set.map(([key, value]) => ({ key, ...JSON.parse(value) }));
    expect(row).toMatchObject({ key: '442079460101', proof });
    expect(row.routes.map((hash: string) => JSON.parse(routes.get(hash) ?? 'null'))).toEqual([out]);
    expect(rows.numbers.set).toEqual([['442079460101', 'aa 0']]);
    expect(changesOf(NOTHING, toRows(snapshot, undefined, NOW)).callers.set).toEqual([]);
  });

  it('lists whom to probe, and keeps in mind what was found', () => {
    expect(toRows(snapshot, undefined, NOW).probes).toEqual([{ target: 'sip:b', isUp: undefined }]);
    expect(toRows(snapshot, new Map([['sip:b', false], ['sip:gone', true]]), NOW).probes).toEqual([{ target: 'sip:b', isUp: false }]);
  });

  it('splits networks into address and mask', () => {
    expect(toRows(snapshot, undefined, NOW).networks).toEqual([
      { address: '192.0.2.0', mask: 24 },
      { address: '198.51.100.7', mask: 32 },
    ]);
  });
});

describe('the whole world as a source network', () => {
  it('is written as two halves, because a length of 0 means a single host to Kamailio', () => {
    const open = toSnapshot({ ...snapshot, sourceNetworks: ['0.0.0.0/0'] });
    expect(toRows(open, undefined, NOW).networks).toEqual([
      { address: '0.0.0.0', mask: 1 },
      { address: '128.0.0.0', mask: 1 },
    ]);
  });
});

describe('a file of tables', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has rows that read back as they are, quotes included, and leaves no draft', () => {
    const file = join(folder, 'tables.db');
    createTables(file, toRows(snapshot, undefined, NOW), new Map([['earlier', '{}']]));
    createTables(file, toRows(snapshot, undefined, NOW), new Map());
    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare('select key_name from numbers').all()).toHaveLength(3);
    expect([...readRoutes(file).values()].join()).toContain("o'neil");
    expect(database.prepare("select key_value from meta where key_name = 'version'").get()).toEqual({ key_value: snapshot.version });
    database.close();
    expect(readdirSync(folder)).toEqual(['tables.db']);
  });

  /** All that stands in a file, but for numbers of rows. */
  const contentOf = (file: string): unknown[] => {
    const database = new DatabaseSync(file, { readOnly: true });
    const tables = ['version', ...HASH_TABLES, 'meta', 'address', 'rtpengine', 'dispatcher'];
    const found = tables.map((table) => database.prepare(`select * from ${table}`).all().map((row) => JSON.stringify({ ...row, id: undefined })).toSorted());
    database.close();
    return found;
  };

  it('that is changed has what one that is made anew has', () => {
    const routes = fc.subarray(['a', 'b', "c'"]).map((hashes) => hashes.map((hash) => ({ hash, text: `text of ${hash}` })));
    // Few of them, so that the same object comes again.
    const numbers = fc.array(fc.record({ number: fc.constantFrom('1', "2'"), caller: fc.constantFrom('1', undefined), routes }), { minLength: 3, maxLength: 3 });
    const table = (known: NumberRows[]) => fc.dictionary(fc.constantFrom('10', '11', '12'), fc.constantFrom(...known)).map((entries) => new Map(Object.entries(entries)));
    const probe = fc.record({ target: fc.constantFrom('sip:a', 'sip:b'), isUp: fc.constantFrom(true, false, undefined) });
    const someRows = (known: NumberRows[]): fc.Arbitrary<Rows> => fc.record({
      version: fc.constantFrom('v1', 'v2'),
      limit: fc.constantFrom('0', '20'),
      inside: fc.constantFrom('0', '10.20.0.5'),
      hosts: fc.subarray(['10.20.0.5', 'pbx.example.com']),
      numbers: table(known),
      networks: fc.array(fc.record({ address: fc.constantFrom('192.0.2.0', '198.51.100.0'), mask: fc.constantFrom(24, 25) }), { maxLength: 3 }),
      relays: fc.array(fc.record({ set: fc.nat(3), url: fc.constantFrom('udp:10.0.0.1:2223', 'udp:10.0.0.2:2223') }), { maxLength: 2 }),
      takers: fc.constantFrom('', '00000a:100'),
      probes: fc.array(probe, { maxLength: 3 }),
    });
    const [changed, anew] = [join(folder, 'changed.db'), join(folder, 'anew.db')];
    fc.assert(
      fc.property(numbers.chain((known) => fc.array(someRows(known), { minLength: 2, maxLength: 4 })), (list) => {
        createTables(changed, NOTHING, new Map());
        list.forEach((rows, i) => changeTables(changed, changesOf(list[i - 1] ?? NOTHING, rows), rows));
        for (const rows of list.slice(-1)) createTables(anew, rows, new Map());
        expect(contentOf(changed)).toEqual(contentOf(anew));
      }),
      { numRuns: 100 },
    );
  });
});
