// SPDX-License-Identifier: Apache-2.0
import { createHash, randomInt } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Certificate, Counted, EndedBy, Engine, Observed, Taker, TimedSetup } from '../agent/contract.ts';
import { givable } from '../agent/decide.ts';
import type { Side } from '../agent/label.ts';
import type { Snapshot } from '../../operator/routing/snapshot.ts';
import { areFew, changesOf, NOTHING, type Changes, type TableChange } from './changes.ts';
import { toTakers, toRows, type Rows } from './rows.ts';
import { toOutcome, toSetup } from './counts.ts';
import type { KamailioRpc } from './rpc.ts';
import { changeTables, createTables, readRoutes } from './tables.ts';

export interface KamailioPlace {
  /** Folder shared with the engine. */
  folder: string;
  /** Address that the engine's TLS listener is on. */
  address: string;
}

const META_PORT = 5061;
const HANDSHAKE_MS = 3000;

/** A host that the inside was told before stays the proxy's own: answers to calls that began then name it. */
const withHosts = (before: readonly string[], rows: Rows): Rows => ({ ...rows, hosts: [...new Set([...before, ...rows.hosts])] });

/** Kamailio, as the agent drives it. */
export class KamailioEngine implements Engine {
  readonly #rpc: KamailioRpc;
  readonly #place: KamailioPlace;
  /** The certificate's key, once there is one. */
  #key = '';
  #snapshot: Snapshot | undefined;
  /** What the file has, once something was written. */
  #file: Rows | undefined;
  /** Hashes of routes that the file has beside that, because numbers in the engine's memory may name them; and those that none does any more. */
  #kept = new Set<string>();
  #free: ReadonlySet<string> = new Set();
  /** What is in the engine's memory if that says this version; undefined where nothing is known of it. */
  #memory: Rows | undefined;
  /** Hashes of routes that are there beside those: a call that has just read its number may be about to read them. */
  #spare: ReadonlySet<string> = new Set();
  #probes: Observed['probes'];

  constructor(rpc: KamailioRpc, place: KamailioPlace) {
    this.#rpc = rpc;
    this.#place = place;
  }

  async observe(): Promise<Observed> {
    const shown = shownSerial(this.#place.address);
    const version = await this.#rpc.version();
    const relays = await this.#rpc.relays();
    const takers = toMap(await this.#rpc.takers());
    const refusals = await this.#rpc.counted('refusals');
    this.#probes = await this.#rpc.probes().catch(unknown);
    const probes = this.#probes;
    return { version, relays, takers, refusals, probes, certificateSerial: await shown };
  }

  /**
   * A new server id for each start. Kamailio numbers its commands to rtpengine by server id, process id and a counter, and
   * in a container process ids repeat: a restarted proxy, or another one, would be given replies meant for other calls.
   * And a secret for digest nonces that all proxies of the gateway share: it follows from the certificate's key.
   */
  prepareStart(): void {
    const secret = createHash('sha256').update(`nonce ${this.#key}`).digest('hex');
    this.#replace('start.cfg', `#!define NONCE_SECRET "${secret}"\nserver_id=${randomInt(1, 2 ** 31 - 1)}\n`);
  }

  writeTables(snapshot: Snapshot): void {
    const rows = withHosts(this.#file?.hosts ?? [], toRows(snapshot, this.#probes, new Date()));
    if (this.#file) this.#changeTables(this.#file, rows);
    else this.#createTables(rows);
    this.#file = rows;
    this.#snapshot = snapshot;
  }

  /** A reload replaces the routes before the numbers: a call in between finds those that its number still names, also of an agent before this one. */
  #createTables(rows: Rows): void {
    const before = readRoutes(this.#tables);
    createTables(this.#tables, rows, before);
    this.#kept = without(new Set(before.keys()), changesOf(NOTHING, rows).routes.set);
  }

  #changeTables(before: Rows, rows: Rows): void {
    const { routes: { set, remove }, ...changes } = changesOf(before, rows);
    changeTables(this.#tables, { ...changes, routes: { set, remove: [...without(this.#free, set)] } }, rows);
    this.#kept = without(this.#kept.difference(this.#free), set).union(new Set(remove));
    this.#free = new Set();
  }

  writeCertificate({ chain, key }: Certificate): void {
    this.#key = key;
    this.#replace('tls.key', key);
    this.#replace('tls.crt', chain);
  }

  async reloadTables(): Promise<void> {
    const [file, memory] = [this.#file, this.#memory];
    // Of what ends half done nothing is known.
    this.#memory = undefined;
    const changes = file && memory && memory.version === (await this.#rpc.version()) ? changesOf(memory, file) : undefined;
    if (changes && areFew(changes)) await this.#changeMemory(changes);
    else await this.#reloadMemory();
    this.#memory = file;
    this.#free = new Set(this.#kept);
  }

  async #changeMemory({ routes: { set, remove }, ...changes }: Changes): Promise<void> {
    await this.#rpc.changeTables({ ...changes, routes: { set, remove: [...without(this.#spare, set)] } });
    this.#spare = new Set(remove);
  }

  async #reloadMemory(): Promise<void> {
    await this.#rpc.reloadTables();
    this.#spare = new Set(this.#kept);
  }

  /** With what is known by now, which the file may not have. */
  async reloadProbes(): Promise<void> {
    if (this.#snapshot) this.writeTables(this.#snapshot);
    await this.#rpc.reloadProbes();
  }

  async tellTakers(snapshot: Snapshot): Promise<void> {
    const takers = givable(snapshot, await this.#rpc.relays());
    if (takers.length > 0) await this.#rpc.tellTakers(toTakers(takers));
  }

  reloadRelays = (): Promise<void> => this.#rpc.reloadRelays();
  reloadCertificate = (): Promise<void> => this.#rpc.reloadCertificate();
  bye = (callId: string, side: Side, why: EndedBy): Promise<void> => this.#rpc.bye(callId, side, why);
  beginTurn = (turn: number): Promise<void> => this.#rpc.beginTurn(turn);
  tellLive = (calls: ReadonlyMap<string, number>, turn: number): Promise<void> => this.#rpc.tellLive(calls, turn);
  tellLoads = (units: ReadonlyMap<string, number>, turn: number): Promise<void> => this.#rpc.tellLoads(units, turn);
  counters = (): Promise<Record<string, number>> => this.#rpc.counters();
  outcomes = async (): Promise<Counted[]> => Object.entries(await this.#rpc.counted('outcomes')).map(toOutcome);
  setups = async (): Promise<TimedSetup[]> => Object.entries(await this.#rpc.counted('setups')).map(toSetup);

  get #tables(): string {
    return join(this.#place.folder, 'tables.db');
  }

  #replace(name: string, content: string): void {
    const file = join(this.#place.folder, name);
    writeFileSync(`${file}.draft`, content, { mode: 0o600 });
    renameSync(`${file}.draft`, file);
  }
}

/** Those of some hashes that are not set now. */
const without = (hashes: ReadonlySet<string>, set: TableChange['set']): Set<string> => hashes.difference(new Set(set.map(([hash]) => hash)));

/** Ids and capacities, as {@link toTakers} wrote them. */
const toMap = (takers: string): Map<string, Taker> =>
  new Map([...takers.matchAll(/(\w+):(\d+)(?::([\d.]+))?/g)].map(([, id = '', capacity, address]) => [id, { capacity: Number(capacity), ...(address ? { address } : {}) }]));

/** What probes find is advice: without it calls go on. */
const unknown = (): undefined => undefined;

/** Serial of the certificate that the TLS listener shows; undefined where no handshake succeeds. */
function shownSerial(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Only what is shown matters here; whether the world trusts it is another question.
    const socket = connect({ host, port: META_PORT, rejectUnauthorized: false, timeout: HANDSHAKE_MS });
    const finish = (serial?: string): void => {
      socket.destroy();
      resolve(serial);
    };
    socket.once('secureConnect', () => finish(socket.getPeerCertificate().serialNumber));
    socket.once('timeout', () => finish());
    socket.once('error', () => finish());
  });
}
