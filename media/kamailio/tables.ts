// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { changesOf, HASH_TABLES, NOTHING, type Changes, type List } from './changes.ts';
import type { Rows } from './rows.ts';

/** Versions of table layouts that Kamailio 6.0 checks. */
const LAYOUTS = { address: 6, rtpengine: 1, dispatcher: 4, routes: 2, numbers: 2, callers: 2, meta: 2, domain: 2, domain_attrs: 1 };

/** Flags of Kamailio's dispatcher: nothing is known yet; asked and active; asked and inactive. */
const STATES = { unknown: 0, up: 8, down: 1 + 8 };

/** In the order in which Kamailio reads it: to sort a large one SQLite would need a place for temporary files. */
const HASH_TABLE = `(key_name text primary key, key_type int not null default 0,
  value_type int not null default 0, key_value text not null, expires int not null default 0) without rowid`;

const SCHEMA = `
  create table version (table_name text primary key, table_version int not null);
  create table routes ${HASH_TABLE};
  create table numbers ${HASH_TABLE};
  create table callers ${HASH_TABLE};
  create table meta ${HASH_TABLE};
  create table domain (id integer primary key, domain varchar(255) not null unique, did varchar(255));
  create table domain_attrs (id integer primary key, did varchar(255) not null, name varchar(255) not null, type int not null, value varchar(255) not null);
  create table address (id integer primary key, grp int not null, ip_addr text not null, mask int not null,
    port int not null default 0, tag text);
  create table rtpengine (id integer primary key, setid int not null, url text not null, weight int not null default 1,
    disabled int not null default 0, stamp datetime);
  create table dispatcher (id integer primary key, setid int not null, destination text not null, flags int not null,
    priority int not null default 0, attrs text not null default '', description text not null default '');
`;

/**
 * Writes all tables to one file that appears whole or not at all, so that a restarted engine always finds a good one.
 * @param routes by their hash, beside those of the rows
 */
export const createTables = (file: string, rows: Rows, routes: ReadonlyMap<string, string>): void =>
  replace(file, (database) => {
    database.exec(SCHEMA);
    insertAll(database, 'version (table_name, table_version)', Object.entries(LAYOUTS));
    insertAll(database, 'routes (key_name, key_value)', [...routes]);
    writeChanges(database, changesOf(NOTHING, rows), rows);
  });

/** As {@link createTables}, but writes only what is to be other rows than in the file that is there. */
export const changeTables = (file: string, changes: Changes, rows: Rows): void =>
  replace(file, (database) => writeChanges(database, changes, rows), { isCopy: true });

function replace(file: string, write: (database: DatabaseSync) => void, { isCopy = false } = {}): void {
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  if (isCopy) copyFileSync(file, draft);
  const database = new DatabaseSync(draft);
  try {
    // What becomes of a draft that is not finished does not matter.
    database.exec('pragma journal_mode = off; pragma synchronous = off; begin');
    write(database);
    database.exec('commit');
  } finally {
    database.close();
  }
  renameSync(draft, file);
}

function writeChanges(database: DatabaseSync, changes: Changes, rows: Rows): void {
  for (const table of HASH_TABLES) {
    const { set, remove } = changes[table];
    const removing = database.prepare(`delete from ${table} where key_name = ?`);
    for (const key of remove) removing.run(key);
    insertAll(database, `${table} (key_name, key_value)`, set);
  }
  insertAll(database, 'meta (key_name, key_value)', [['version', changes.version], ['limit', changes.limit], ['inside', changes.inside], ['takers', rows.takers]]);
  for (const list of changes.lists) writeList(database, list, rows);
}

function writeList(database: DatabaseSync, list: List, { hosts, networks, relays, probes }: Rows): void {
  switch (list) {
    case 'hosts':
      database.exec('delete from domain');
      return insertAll(database, 'domain (domain)', hosts.map((host) => [host]));
    case 'networks':
      database.exec('delete from address');
      return insertAll(database, 'address (grp, ip_addr, mask)', networks.map(({ address, mask }) => [1, address, mask]));
    case 'relays':
      database.exec('delete from rtpengine');
      return insertAll(database, 'rtpengine (setid, url)', relays.map(({ set, url }) => [set, url]));
    case 'probes':
      database.exec('delete from dispatcher');
      return insertAll(database, 'dispatcher (setid, destination, flags)', probes.map(({ target, isUp }) => [1, target, stateOf(isUp)]));
  }
}

/** Routes by their hash in a file that was written before; none where there is no such file. */
export function readRoutes(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare('select key_name, key_value from routes').all();
    return new Map(rows.map((row) => [String(row['key_name']), String(row['key_value'])]));
  } finally {
    database.close();
  }
}

const stateOf = (isUp: boolean | undefined): number => (isUp === undefined ? STATES.unknown : isUp ? STATES.up : STATES.down);

function insertAll(database: DatabaseSync, into: string, rows: readonly (readonly (string | number)[])[]): void {
  const columns = into.split(',').length;
  const insert = database.prepare(`insert or replace into ${into} values (${Array(columns).fill('?').join(', ')})`);
  for (const row of rows) insert.run(...row);
}
