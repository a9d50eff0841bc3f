// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toRows } from '../../../media/kamailio/rows.ts';
import { writeTables } from '../../../media/kamailio/tables.ts';
import { goesTo, MEDIA } from '../builders.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

const snapshot = toSnapshot({
  hostname: 'sip.example.com',
  sourceNetworks: ['192.0.2.0/24', '198.51.100.7/32'],
  media: [{ name: 'm1', control: 'udp:10.0.0.1:2223' }],
  numbers: [
    { digits: '15550001111', name: 'a', ha1: 'aa', routes: [goesTo('sip:pbx:5060;transport=udp', "o'neil")] },
    { digits: '15550002222', name: 'b', ha1: 'bb', routes: [{ ...goesTo('sip:pbx'), match: { callers: ['+44*'] } }, { ...goesTo('sip:b'), destinations: [{ priority: 5, weight: 2, probe: true, target: 'sip:b', user: null, media: MEDIA }] }] },
    { digits: '15550003333', name: 'c', ha1: 'cc', routes: [] },
  ],
});

describe('toRows', () => {
  it('puts all that the script asks about a number into one value', () => {
    const failover = { on: ['Error', 'Unreachable'], ringSeconds: 20, withinSeconds: 30 };
    const destination = { priority: 0, weight: 1, probe: false, media: MEDIA };
    const read = toRows(snapshot, undefined, NOW).numbers.map(({ key, value }) => [key, value.slice(0, 2), JSON.parse(value.slice(3))]);
    expect(read).toEqual([
      ['15550001111', 'aa', { routes: [{ name: 'voice/sales', ...failover, destinations: [{ ...destination, target: 'sip:pbx:5060;transport=udp', user: "o'neil" }] }] }],
      [
        '15550002222',
        'bb',
        {
          routes: [
            { name: 'voice/sales', match: { callers: ['+44*'] }, ...failover, destinations: [{ ...destination, target: 'sip:pbx' }] },
            { name: 'voice/sales', ...failover, destinations: [{ priority: 5, weight: 2, probe: true, target: 'sip:b', media: MEDIA }] },
          ],
        },
      ],
      ['15550003333', 'cc', { routes: [] }],
    ]);
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

describe('writeTables', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes rows that read back as they are, quotes included, and leaves no draft', () => {
    const file = join(folder, 'tables.db');
    writeTables(file, toRows(snapshot, undefined, NOW));
    writeTables(file, toRows(snapshot, undefined, NOW));
    const database = new DatabaseSync(file, { readOnly: true });
    const values = database.prepare('select key_value from numbers order by key_name').all().map((row) => row['key_value']);
    expect(values[0]).toContain("o'neil");
    expect(values).toHaveLength(3);
    expect(database.prepare("select key_value from meta where key_name = 'version'").get()).toEqual({ key_value: snapshot.version });
    database.close();
    expect(readdirSync(folder)).toEqual(['tables.db']);
  });
});
