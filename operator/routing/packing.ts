// SPDX-License-Identifier: Apache-2.0
// A snapshot as the keys of its Secret: many small packets, so that an edit makes few of them anew, here and where they are
// read. A route stands in one of them, however many numbers name it.
import { hash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { once } from './once.ts';
import {
  content, entryDigest, namingRoutes, numberEntry, outbound, outboundRoute, proof, route, routeDigest,
  type EntryRoute, type NumberEntry, type OutboundRoute, type Snapshot,
} from './snapshot.ts';

/** The packet of what concerns all numbers. */
const HEAD = 'gateway';
const SUFFIX = '.json.gz';

const names = z.array(z.string());
const head = content.omit({ numbers: true }).extend({ version: z.string() });
const writtenNumber = numberEntry.extend({ routes: names, outbound: outbound.extend({ routes: names }).nullable() });
type WrittenNumber = z.infer<typeof writtenNumber>;

const lists = { numbers: z.array(writtenNumber), inbound: z.array(route), outbound: z.array(outboundRoute) };
type Part = keyof typeof lists;

/** Up to 256 packets of each part; which one a thing is in follows from its name. */
const packetOf = (part: Part, { name }: { name: string }): string => `${part}-${hash('sha256', name).slice(0, 2)}`;
const numbersPacket = once((entry: NumberEntry) => packetOf('numbers', entry));
const inboundPacket = once((each: EntryRoute) => packetOf('inbound', each));
const outboundPacket = once((each: OutboundRoute) => packetOf('outbound', each));

/** A thing that stands in a packet. */
interface Item {
  digest: string;
  write: () => unknown;
}

interface Packet {
  /** Of all its items. */
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
    const packets = new Map([...itemsOf(snapshot)].map(([name, items]) => [name, this.#packet(name, items)]));
    this.#packets = packets;
    const total = (of: 'packed' | 'plain'): number => [...packets.values()].reduce((sum, packet) => sum + packet[of], 0);
    const data = Object.fromEntries([...packets].map(([name, { base64 }]) => [`${name}${SUFFIX}`, base64]));
    const packed = { data, bytes: { packed: total('packed'), plain: total('plain') } };
    this.#last = { snapshot, packed };
    return packed;
  }

  #packet(name: string, items: readonly Item[]): Packet {
    const digest = items.map((each) => each.digest).join(' ');
    const before = this.#packets.get(name);
    if (before?.digest === digest) return before;
    const plain = Buffer.from(JSON.stringify(name === HEAD ? items[0]?.write() : items.map(({ write }) => write())));
    const packed = gzipSync(plain);
    return { digest, base64: packed.toString('base64'), packed: packed.length, plain: plain.length };
  }
}

function itemsOf({ numbers, ...rest }: Snapshot): Map<string, Item[]> {
  const packets = new Map<string, Item[]>([[HEAD, [{ digest: rest.version, write: () => rest }]]]);
  const add = (packet: string, item: Item): void => {
    const items = packets.get(packet);
    if (items) items.push(item);
    else packets.set(packet, [item]);
  };
  const seen = new Set<string>();
  const isNew = ({ name }: { name: string }): boolean => !seen.has(name) && Boolean(seen.add(name));
  for (const entry of numbers) {
    add(numbersPacket(entry), { digest: entryDigest(entry), write: () => namingRoutes(entry) });
    for (const each of entry.routes) if (isNew(each)) add(inboundPacket(each), { digest: routeDigest(each), write: () => each });
    for (const each of entry.outbound?.routes ?? []) if (isNew(each)) add(outboundPacket(each), { digest: routeDigest(each), write: () => each });
  }
  return packets;
}

/** Reads the snapshots of one gateway: what stands in a packet as it was is the same object as before. */
export class Unpacker {
  #packets = new Map<string, { base64: string; items: readonly unknown[] }>();
  readonly #entries = new WeakMap<WrittenNumber, NumberEntry>();

  /**
   * @param data of the Secret; what else is in it does not matter
   * @throws where it is no snapshot
   */
  unpack(data: Readonly<Record<string, string>>): Snapshot {
    const { version, ...rest } = readHead(data, head);
    const packets = new Map<string, { base64: string; items: readonly unknown[] }>();
    const read = <P extends Part>(part: P): z.infer<(typeof lists)[P]> => {
      const items = keysOf(data, part).flatMap(([key, base64]) => {
        const before = this.#packets.get(key);
        const packet = before?.base64 === base64 ? before : { base64, items: lists[part].parse(unpack(base64)) };
        packets.set(key, packet);
        return packet.items;
      });
      // Of this part, or it would stand under another key.
      return items as z.infer<(typeof lists)[P]>;
    };
    const routes = named(read('inbound'));
    const calls = named(read('outbound'));
    const numbers = read('numbers').map((each) => this.#entry(each, each.routes.map(routes), each.outbound?.routes.map(calls)));
    this.#packets = packets;
    return { version, ...rest, numbers: numbers.toSorted((a, b) => (a.digits < b.digits ? -1 : 1)) };
  }

  #entry(each: WrittenNumber, routes: EntryRoute[], calls: OutboundRoute[] | undefined): NumberEntry {
    const before = this.#entries.get(each);
    if (before && sameItems(before.routes, routes) && sameItems(before.outbound?.routes ?? [], calls ?? [])) return before;
    const entry = { ...each, routes, outbound: each.outbound && { ...each.outbound, routes: calls ?? [] } };
    this.#entries.set(each, entry);
    return entry;
  }
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((each, i) => each === b[i]);

function named<T extends { name: string }>(list: readonly T[]): (name: string) => T {
  const byName = new Map(list.map((each) => [each.name, each]));
  return (name) => {
    const found = byName.get(name);
    if (!found) throw new Error(`the snapshot has no route ${name}`);
    return found;
  };
}

/** The part of a snapshot that every version of it has: who answers Meta's calls with which hash, and calls Meta with which. */
const realm = z.object({ hostname: z.string() });
const accounts = z.array(z.object({ digits: z.string(), name: z.string(), ha1: z.string(), outbound: z.object({ proof }).nullish() }));

export type Accounts = z.infer<typeof realm> & { numbers: z.infer<typeof accounts> };

/**
 * As {@link Unpacker.unpack}, but also for what an earlier version wrote.
 * @throws where it is none
 */
export const unpackAccounts = (data: Readonly<Record<string, string>>): Accounts => ({
  hostname: readHead(data, realm).hostname,
  numbers: keysOf(data, 'numbers').flatMap(([, base64]) => accounts.parse(unpack(base64))),
});

/** Whether a Secret's data have a snapshot. */
export const isPacked = (data: Readonly<Record<string, string>>): boolean => `${HEAD}${SUFFIX}` in data;

function readHead<T>(data: Readonly<Record<string, string>>, schema: z.ZodType<T>): T {
  const value = data[`${HEAD}${SUFFIX}`];
  if (value === undefined) throw new Error(`the Secret has no key "${HEAD}${SUFFIX}"`);
  return schema.parse(unpack(value));
}

const keysOf = (data: Readonly<Record<string, string>>, part: Part): [string, string][] => Object.entries(data).filter(([key]) => key.startsWith(`${part}-`));

const unpack = (base64: string): unknown => JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString('utf8'));
