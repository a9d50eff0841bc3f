// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KamailioEngine } from '../../../media/kamailio/engine.ts';
import { KamailioRpc } from '../../../media/kamailio/rpc.ts';
import { readRoutes } from '../../../media/kamailio/tables.ts';
import { toSnapshot, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { goesTo } from '../builders.ts';

/** Answers commands as Kamailio does, or refuses them. */
let door: Server;
let refuses = false;
/** What the engine says that it has. */
let version = '';
let asked: string[] = [];
let folder: string;

beforeEach(async () => {
  refuses = false;
  version = '';
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  door = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { method, params } = JSON.parse(body);
      asked.push([method, ...params].join(' '));
      const result = method === 'htable.get' ? { item: { value: version } } : {};
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...(refuses ? { error: { message: 'no' } } : { result }) }));
    });
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
});

afterEach(() => {
  door.close();
  rmSync(folder, { recursive: true });
});

function engine(): KamailioEngine {
  const address = door.address();
  const port = address && typeof address !== 'string' ? address.port : 0;
  return new KamailioEngine(new KamailioRpc(`http://127.0.0.1:${port}`), { folder, address: '127.0.0.1' });
}

const numberOf = (digits: string, target: string): Snapshot['numbers'][number] => ({ digits, name: `n${digits}`, ha1: 'aa', maxCalls: null, outbound: null, routes: [goesTo(target)] });
const serving = (numbers: Snapshot['numbers']): Snapshot => toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers });
const going = (target: string): Snapshot => serving([numberOf('1', target)]);

/** Targets of all routes in the file. */
const inFile = (): string[] =>
  [...readRoutes(join(folder, 'tables.db')).values()].map((text) => String(/"target":"([^"]*)"/.exec(text)?.[1])).toSorted();

describe('the tables of an engine', () => {
  it('keep each route that a number in its memory may still name, until the numbers are loaded too', async () => {
    const kamailio = engine();
    kamailio.writeTables(going('sip:a'));
    await kamailio.reloadTables();
    kamailio.writeTables(going('sip:b'));
    expect(inFile()).toEqual(['sip:a', 'sip:b']);
    refuses = true;
    await expect(kamailio.reloadTables()).rejects.toThrow('no');
    kamailio.writeTables(going('sip:c'));
    expect(inFile()).toEqual(['sip:a', 'sip:b', 'sip:c']);
    refuses = false;
    await kamailio.reloadTables();
    kamailio.writeTables(going('sip:d'));
    expect(inFile()).toEqual(['sip:c', 'sip:d']);
  });

  it('keep those that an agent before this one wrote', () => {
    engine().writeTables(going('sip:a'));
    engine().writeTables(going('sip:b'));
    expect(inFile()).toEqual(['sip:a', 'sip:b']);
  });

  it('are loaded with the routes first and the version last', async () => {
    const kamailio = engine();
    kamailio.writeTables(going('sip:a'));
    await kamailio.reloadTables();
    expect(asked).toEqual(['htable.reload routes', 'htable.reload numbers', 'htable.reload callers', 'permissions.addressReload', 'domain.reload', 'htable.reload meta']);
  });

  const FULL = ['htable.reload routes', 'htable.reload numbers', 'htable.reload callers', 'permissions.addressReload', 'domain.reload', 'htable.reload meta'];

  /** Has the engine take a snapshot in, and gives the commands for that, without what they say. */
  async function take(kamailio: KamailioEngine, snapshot: Snapshot): Promise<string[]> {
    kamailio.writeTables(snapshot);
    asked = [];
    await kamailio.reloadTables();
    version = snapshot.version;
    return asked.filter((each) => !each.startsWith('htable.get')).map((each) => each.split(' ').slice(0, each.startsWith('htable.sets meta') ? 4 : 2).join(' '));
  }

  it('keep a host that the inside was told before, since answers to calls that began then name it', () => {
    const kamailio = engine();
    for (const insideAddress of ['10.20.0.5', 'pbx.example.com', undefined]) {
      const { version: _, ...content } = serving([]);
      kamailio.writeTables(toSnapshot({ ...content, ...(insideAddress === undefined ? {} : { insideAddress }) }));
    }
    const database = new DatabaseSync(join(folder, 'tables.db'), { readOnly: true });
    expect(database.prepare('select domain from domain').all().map(({ domain }) => domain)).toEqual(['10.20.0.5', 'pbx.example.com']);
    expect(database.prepare("select key_value from meta where key_name = 'inside'").get()).toEqual({ key_value: '0' });
    database.close();
  });

  it('are brought to the next version row by row where few differ: routes before numbers, then the version', async () => {
    const kamailio = engine();
    expect(await take(kamailio, serving([numberOf('1', 'sip:a'), numberOf('2', 'sip:b')]))).toEqual(FULL);
    const next = serving([numberOf('1', 'sip:c')]);
    expect(await take(kamailio, next)).toEqual([
      'htable.sets routes', 'htable.sets numbers', 'htable.delete numbers', 'htable.sets meta limit 0', 'htable.sets meta inside 0', `htable.sets meta version ${next.version}`,
    ]);
  });

  it('lose a route that no number names any more with the next change, since a call may just have read its number', async () => {
    const kamailio = engine();
    const [a, b, c] = [going('sip:a'), going('sip:b'), going('sip:c')];
    await take(kamailio, a);
    const deleted = async (snapshot: Snapshot): Promise<number> => (await take(kamailio, snapshot)).filter((each) => each === 'htable.delete routes').length;
    expect(await deleted(b)).toBe(0);
    // What comes back stays.
    expect(await deleted(a)).toBe(0);
    expect(await deleted(c)).toBe(1);
    expect(await deleted(b)).toBe(1);
  });

  it('are loaded whole where the engine has others in memory than were brought there, as after a restart', async () => {
    const kamailio = engine();
    await take(kamailio, going('sip:a'));
    version = 'another';
    expect(await take(kamailio, going('sip:b'))).toEqual(FULL);
  });

  it('are loaded whole where it is not known how far they were brought', async () => {
    const kamailio = engine();
    const first = going('sip:a');
    await take(kamailio, first);
    refuses = true;
    await expect(take(kamailio, going('sip:b'))).rejects.toThrow('no');
    refuses = false;
    expect(await take(kamailio, going('sip:c'))).toEqual(FULL);
  });

  it('are loaded whole where many rows differ, or one is long', async () => {
    const kamailio = engine();
    const many = (target: string): Snapshot => serving(Array.from({ length: 150 }, (_, i) => numberOf(String(i), `${target}-${i}`)));
    await take(kamailio, many('sip:a'));
    expect(await take(kamailio, many('sip:b'))).toEqual(FULL);
    expect(await take(kamailio, going(`sip:${'long'.repeat(5000)}`))).toEqual(FULL);
  });
});
