// SPDX-License-Identifier: Apache-2.0
import { Pool } from 'undici';
import * as z from 'zod';
import { NotYetError, type EndedBy } from '../agent/contract.ts';
import type { Side } from '../agent/label.ts';
import { byeTo, serverOf } from './bye.ts';
import { HASH_TABLES, type Changes } from './changes.ts';

/** Kamailio answered a command with an error. */
export class RpcError extends Error {
  readonly method: string;
  constructor(method: string, message: string) {
    super(`${method}: ${message}`);
    this.name = 'RpcError';
    this.method = method;
  }
}

const reply = z.object({ result: z.unknown().optional(), error: z.object({ message: z.string() }).optional() });
const item = z.object({ item: z.object({ value: z.string() }) });
const slots = z.array(z.object({ slot: z.array(z.object({ name: z.string(), value: z.int() })) }));
const relays = z.array(z.object({ url: z.string() }));
const sets = z.object({
  RECORDS: z.array(z.object({ SET: z.object({ TARGETS: z.array(z.object({ DEST: z.object({ URI: z.string(), FLAGS: z.string() }) })) }) })),
});
const counters = z.record(z.string(), z.coerce.number());

/** Kamailio's JSON-RPC over HTTP. Every call throws where the engine is not there or refuses. */
export class KamailioRpc {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(url, { connections: 1, pipelining: 0, headersTimeout: 5000, bodyTimeout: 5000 });
  }

  /** Version of the rows that are in memory. */
  async version(): Promise<string> {
    return item.parse(await this.#call('htable.get', 'meta', 'version')).item.value;
  }

  /** Control addresses of the relays that are in memory. */
  async relays(): Promise<string[]> {
    return relays.parse(await this.#call('rtpengine.show', 'all')).map(({ url }) => url);
  }

  /** The relays that are given calls, as the script reads them. */
  async takers(): Promise<string> {
    return item.parse(await this.#call('htable.get', 'meta', 'takers')).item.value;
  }

  async tellTakers(takers: string): Promise<void> {
    await this.#call('htable.sets', 'meta', 'takers', takers);
  }

  /** What a table of the configuration has counted, by its keys: `refusals`, `outcomes` or `setups`. */
  async counted(table: 'refusals' | 'outcomes' | 'setups'): Promise<Record<string, number>> {
    const found = slots.parse(await this.#call('htable.dump', table)).flatMap(({ slot }) => slot);
    return Object.fromEntries(found.map(({ name, value }) => [name, value]));
  }

  /** Whom Kamailio asks by OPTIONS, and what came of it; undefined until it has asked. */
  async probes(): Promise<Map<string, boolean | undefined>> {
    const found = await this.#call('dispatcher.list').catch(noSets);
    const targets = sets.parse(found).RECORDS.flatMap(({ SET }) => SET.TARGETS.map(({ DEST }) => DEST));
    // The first letter is the state, with T for failures below the threshold; P is for those that were asked.
    return new Map(targets.map(({ URI, FLAGS }) => [URI, FLAGS.includes('P') ? !/^[ID]/.test(FLAGS) : undefined]));
  }

  async reloadProbes(): Promise<void> {
    await this.#call('dispatcher.reload');
  }

  /** Loads everything but the relays: routes before the numbers that name them, and last the version, which vouches for the rest. */
  async reloadTables(): Promise<void> {
    await this.#call('htable.reload', 'routes');
    await this.#call('htable.reload', 'numbers');
    await this.#call('htable.reload', 'callers');
    await this.#call('permissions.addressReload');
    await this.#call('domain.reload');
    await this.#call('htable.reload', 'meta');
  }

  /** Brings the tables in memory from one version to the next, in the order of {@link reloadTables}. */
  async changeTables({ version, limit, inside, lists, ...changes }: Changes): Promise<void> {
    for (const table of HASH_TABLES) {
      for (const [key, value] of changes[table].set) await this.#call('htable.sets', table, key, value);
      for (const key of changes[table].remove) await this.#call('htable.delete', table, key);
    }
    if (lists.includes('networks')) await this.#call('permissions.addressReload');
    if (lists.includes('hosts')) await this.#call('domain.reload');
    await this.#call('htable.sets', 'meta', 'limit', limit);
    await this.#call('htable.sets', 'meta', 'inside', inside);
    await this.#call('htable.sets', 'meta', 'version', version);
  }

  /** Ends a call at one of its ends. Whether that has heard it is not waited for. */
  async bye(callId: string, side: Side, why: EndedBy): Promise<void> {
    const name = serverOf(side);
    await this.#ask(name === undefined ? {} : { 'x-server-name': name }, 'tm.t_uac_start', ...byeTo(callId, side, why));
  }

  /**
   * Loads the relays.
   * @throws NotYetError within ten seconds of the last time
   */
  async reloadRelays(): Promise<void> {
    try {
      await this.#call('rtpengine.reload');
    } catch (error) {
      throw error instanceof RpcError && error.message.includes('Too short reload interval') ? new NotYetError(error.message) : error;
    }
  }

  async reloadCertificate(): Promise<void> {
    await this.#call('tls.reload');
  }

  /** What begins from now on belongs to a turn. */
  async beginTurn(turn: number): Promise<void> {
    await this.#call('htable.seti', 'live', 'turn', turn);
  }

  /** Calls at once, by number's digits and by destination: all that there are. What began before a turn is among them. */
  async tellLive(calls: ReadonlyMap<string, number>, turn: number): Promise<void> {
    for (const [key, count] of calls) await this.#call('htable.sets', 'live', key, `${count};${turn}`);
    await this.#call('htable.seti', 'live', 'told:calls', turn);
  }

  /** What relays have to do, by their ids; what began before a turn is in it. */
  async tellLoads(units: ReadonlyMap<string, number>, turn: number): Promise<void> {
    for (const [id, count] of units) await this.#call('htable.sets', 'live', `relay:${id}`, `${count};${turn}`);
  }

  /** The configuration's own counters, such as `calls_offered`. */
  async counters(): Promise<Record<string, number>> {
    const all = counters.parse(await this.#call('stats.fetchn', 'script:'));
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name.replace(/^script\./, ''), value]));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #call(method: string, ...params: (string | number)[]): Promise<unknown> {
    return this.#ask({}, method, ...params);
  }

  async #ask(headers: Readonly<Record<string, string>>, method: string, ...params: (string | number)[]): Promise<unknown> {
    const { body } = await this.#pool.request({
      path: '/RPC',
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = reply.parse(await body.json());
    if (error) throw new RpcError(method, error.message);
    return result;
  }
}

/** Kamailio's answer where there is nobody to ask. */
function noSets(error: unknown): z.infer<typeof sets> {
  if (error instanceof RpcError && error.message.includes('No Destination Sets')) return { RECORDS: [] };
  throw error;
}
