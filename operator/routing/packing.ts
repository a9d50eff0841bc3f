// SPDX-License-Identifier: Apache-2.0
// A snapshot as the keys of its Secret: many small packets, so that an edit makes few of them anew, here and where they are
// read. A route stands in one of them, however many numbers name it.
import { hash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { once } from './once.ts';
import { compare } from './precedence.ts';
import {
  content, entryDigest, namingRoutes, numberEntry, outbound, outboundRoute, proof, route, routeDigest,
  type EntryRoute, type NumberEntry, type OutboundRoute, type Snapshot,
} from './snapshot.ts';

/** The packet of what concerns all numbers. */
const HEAD = 'gateway';
const SUFFIX = '.json.br';

const names = z.array(z.string());
const head = content.omit({ numbers: true }).extend({ version: z.string() });
const writtenNumber = numberEntry.extend({ routes: names, outbound: outbound.extend({ routes: names }).nullable() });
type WrittenNumber = z.infer<typeof writtenNumber>;

/** Kinds of packets beside that one; the first part of their names. */
type Part = 'numbers' | 'inbound' | 'outbound';
/** What stands in them. */
type Thing = NumberEntry | EntryRoute | OutboundRoute;

/** Fewer packets take less room together, and more of them less work for an edit. */
const PACKETS = 64;
/** Higher ones take several times as long for a hundredth. */
const QUALITY = 5;

/** The packet that a thing is in follows from its name. */
const packetOf = (part: Part, { name }: { name: string }): string => `${part}-${Number.parseInt(hash('sha256', name).slice(0, 4), 16) % PACKETS}`;
const numbersPacket = once((entry: NumberEntry) => packetOf('numbers', entry));
const inboundPacket = once((each: EntryRoute) => packetOf('inbound', each));
const outboundPacket = once((each: OutboundRoute) => packetOf('outbound', each));

/** A packet before it is packed. */
interface Draft {
  /** Of each thing in it. */
  digests: string[];
  things: Thing[];
}

interface Packet {
  /** Of all that is in it. */
  digest: string;
  base64: string;
  packed: number;
  plain: number;
}

export interface Packed {
  /** As in a Secret's data. */
  data: Readonly<Record<string, string>>;
  /** Of the Secret's values, and of what agents and engines make of them. */
  bytes: { packed: number; plain: number };
}

/** Packs the snapshots of one gateway: of what stands in the last one nothing is packed again. */
export class Packer {
  #packets = new Map<string, Packet>();
  #last: { snapshot: Snapshot; packed: Packed } | undefined;

  pack(snapshot: Snapshot): Packed {
    if (this.#last?.snapshot === snapshot) return this.#last.packed;
    const { numbers, ...rest } = snapshot;
    const packets = new Map([...draft(numbers)].map(([name, { digests, things }]) => [name, this.#packet(name, digests.join(' '), () => things.map(toWritten))]));
    packets.set(HEAD, this.#packet(HEAD, rest.version, () => rest));
    this.#packets = packets;
    const total = (of: 'packed' | 'plain'): number => [...packets.values()].reduce((sum, packet) => sum + packet[of], 0);
    const data = Object.fromEntries([...packets].map(([name, { base64 }]) => [`${name}${SUFFIX}`, base64]));
    const packed = { data, bytes: { packed: total('packed'), plain: total('plain') } };
    this.#last = { snapshot, packed };
    return packed;
  }

  #packet(name: string, digest: string, write: () => unknown): Packet {
    const before = this.#packets.get(name);
    if (before?.digest === digest) return before;
    const plain = Buffer.from(JSON.stringify(write()));
    const packed = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
    return { digest, base64: packed.toString('base64'), packed: packed.length, plain: plain.length };
  }
}

const toWritten = (thing: Thing): unknown => ('ha1' in thing ? namingRoutes(thing) : thing);

function draft(numbers: readonly NumberEntry[]): Map<string, Draft> {
  const packets = new Map<string, Draft>();
  const add = (packet: string, digest: string, thing: Thing): void => {
    const { digests, things } = packets.get(packet) ?? { digests: [], things: [] };
    if (digests.length === 0) packets.set(packet, { digests, things });
    digests.push(digest);
    things.push(thing);
  };
  const seen = new Set<string>();
  for (const entry of numbers) {
    add(numbersPacket(entry), entryDigest(entry), entry);
    for (const each of entry.routes) if (isNew(seen, each.name)) add(inboundPacket(each), routeDigest(each), each);
    for (const each of entry.outbound?.routes ?? []) if (isNew(seen, each.name)) add(outboundPacket(each), routeDigest(each), each);
  }
  return packets;
}

function isNew(seen: Set<string>, name: string): boolean {
  const { size } = seen;
  return seen.add(name).size > size;
}

/** Reads the snapshots of one gateway: what stands in a packet as it was is the same object as before. */
export class Unpacker {
  readonly #numbers = new PartReader('numbers', writtenNumber);
  readonly #inbound = new PartReader('inbound', route);
  readonly #outbound = new PartReader('outbound', outboundRoute);
  readonly #entries = new WeakMap<WrittenNumber, NumberEntry>();

  /**
   * @param data of the Secret; what else is in it does not matter
   * @throws where it is no snapshot
   */
  unpack(data: Readonly<Record<string, string>>): Snapshot {
    const rest = readHead(data, head);
    for (const part of [this.#numbers, this.#inbound, this.#outbound]) part.read(data);
    const numbers = this.#numbers.things.map((each) => this.#entry(each, each.routes.map(this.#inbound.named), each.outbound?.routes.map(this.#outbound.named)));
    return { ...rest, numbers: numbers.toSorted((a, b) => compare(a.digits, b.digits)) };
  }

  #entry(each: WrittenNumber, routes: EntryRoute[], calls: OutboundRoute[] | undefined): NumberEntry {
    const before = this.#entries.get(each);
    if (before && sameItems(before.routes, routes) && sameItems(before.outbound?.routes ?? [], calls ?? [])) return before;
    const entry = { ...each, routes, outbound: each.outbound && { ...each.outbound, routes: calls ?? [] } };
    this.#entries.set(each, entry);
    return entry;
  }
}

/** Reads the packets of one part, each anew only where it is another one. */
class PartReader<T extends { name: string }> {
  readonly #part: Part;
  readonly #schema: z.ZodType<T[]>;
  readonly #packets = new Map<string, { base64: string; things: T[] }>();
  readonly #byName = new Map<string, T>();

  constructor(part: Part, schema: z.ZodType<T>) {
    this.#part = part;
    this.#schema = z.array(schema);
  }

  /** Where a packet cannot be read, it stays what it was. */
  read(data: Readonly<Record<string, string>>): void {
    for (const [key, base64] of keysOf(data, this.#part)) {
      if (this.#packets.get(key)?.base64 !== base64) this.#put(key, { base64, things: this.#schema.parse(unpack(base64)) });
    }
    for (const key of this.#packets.keys()) if (!(key in data)) this.#put(key, undefined);
  }

  get things(): T[] {
    return [...this.#packets.values()].flatMap(({ things }) => things);
  }

  named = (name: string): T => {
    const found = this.#byName.get(name);
    if (!found) throw new Error(`the snapshot has no route ${name}`);
    return found;
  };

  #put(key: string, packet: { base64: string; things: T[] } | undefined): void {
    for (const thing of this.#packets.get(key)?.things ?? []) if (this.#byName.get(thing.name) === thing) this.#byName.delete(thing.name);
    if (packet) this.#packets.set(key, packet);
    else this.#packets.delete(key);
    for (const thing of packet?.things ?? []) this.#byName.set(thing.name, thing);
  }
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((each, i) => each === b[i]);

/** The part of a snapshot that every version of it has: who answers Meta's calls with which hash, and calls Meta with which. */
const realm = z.object({ hostname: z.string() });
const accounts = z.array(z.object({ digits: z.string(), name: z.string(), ha1: z.string(), outbound: z.object({ proof }).nullish() }));

export type Accounts = z.infer<typeof realm> & { numbers: z.infer<typeof accounts> };

/** The key of all that versions before packets wrote. */
const WHOLE = 'snapshot.json.gz';

/**
 * As {@link Unpacker.unpack}, but also for what an earlier version wrote. Undefined where nobody wrote anything.
 * @throws where it is none
 */
export function unpackAccounts(data: Readonly<Record<string, string>>): Accounts | undefined {
  const whole = data[WHOLE];
  if (`${HEAD}${SUFFIX}` in data) {
    return { ...readHead(data, realm), numbers: keysOf(data, 'numbers').flatMap(([, base64]) => accounts.parse(unpack(base64))) };
  }
  return whole === undefined ? undefined : realm.extend({ numbers: accounts }).parse(JSON.parse(gunzipSync(Buffer.from(whole, 'base64')).toString('utf8')));
}

function readHead<T>(data: Readonly<Record<string, string>>, schema: z.ZodType<T>): T {
  const value = data[`${HEAD}${SUFFIX}`];
  if (value === undefined) throw new Error(`the Secret has no key "${HEAD}${SUFFIX}"`);
  return schema.parse(unpack(value));
}

const keysOf = (data: Readonly<Record<string, string>>, part: Part): [string, string][] => Object.entries(data).filter(([key]) => key.startsWith(`${part}-`));

const unpack = (base64: string): unknown => JSON.parse(brotliDecompressSync(Buffer.from(base64, 'base64')).toString('utf8'));
