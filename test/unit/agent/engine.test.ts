// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KamailioEngine } from '../../../media/kamailio/engine.ts';
import { KamailioRpc } from '../../../media/kamailio/rpc.ts';
import { readRoutes } from '../../../media/kamailio/tables.ts';
import { toSnapshot, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { goesTo } from '../builders.ts';

/** Answers commands as Kamailio does, or refuses them. */
let door: Server;
let refuses = false;
let asked: string[] = [];
let folder: string;

beforeEach(async () => {
  refuses = false;
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  door = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { method, params } = JSON.parse(body);
      asked.push([method, ...params].join(' '));
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...(refuses ? { error: { message: 'no' } } : { result: {} }) }));
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

const going = (target: string): Snapshot =>
  toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers: [{ digits: '1', name: 'a', ha1: 'aa', maxCalls: null, outbound: null, routes: [goesTo(target)] }] });

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
    expect(asked).toEqual(['htable.reload routes', 'htable.reload numbers', 'htable.reload callers', 'permissions.addressReload', 'htable.reload meta']);
  });
});
