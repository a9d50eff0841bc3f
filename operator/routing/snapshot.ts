// SPDX-License-Identifier: Apache-2.0
// What a gateway's proxies need to know, independent of the engine that serves it: plain data, sorted, hashed.
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { DAYS } from '../api/hours.ts';
import { CODECS } from '../api/media.ts';
import { FAILURES } from '../api/siproute.ts';
import { once } from './once.ts';

/** What the target of an announcement begins with. */
export const ANNOUNCEMENT = 'announcement:';

/** What a destination's audio is like. */
const audio = z.object({
  encryption: z.enum(['None', 'SDES', 'DTLS']),
  /** The most wanted first. */
  codecs: z.array(z.enum(CODECS)),
  transcoding: z.enum(['Allowed', 'Never']),
});

const destination = z.object({
  /** Lower first. */
  priority: z.int(),
  /** Share among those of the same priority. */
  weight: z.int(),
  /** Whether the proxies ask it by OPTIONS whether it is there. */
  probe: z.boolean(),
  /** Where the call is sent: sip:host[:port][;transport=…], never with a user; or announcement:NAME/KEY of a ConfigMap. */
  target: z.string(),
  /** How often an announcement is played; null for other destinations. */
  plays: z.int().nullable(),
  /** User part of the request; null keeps the number that was called. */
  user: z.string().nullable(),
  /** The most calls at once; null is no limit. */
  maxCalls: z.int().nullable(),
  /** How it is answered where it challenges calls: hashes of user, realm and password. Null: not at all. */
  credentials: z.object({ username: z.string(), realm: z.string(), md5: z.string(), sha256: z.string() }).nullable(),
  /** Host of From: Meta's own, or the gateway's. */
  fromHost: z.enum(['Meta', 'Gateway']),
  /** What it is sent beside, and what not; null changes nothing. */
  headers: z.object({ set: z.array(z.object({ name: z.string(), value: z.string() })).optional(), remove: z.array(z.string()).optional() }).nullable(),
  media: audio,
});

/** Times of day are written as HH:MM. */
const hours = z.object({
  timeZone: z.string(),
  weekly: z.array(z.object({ day: z.enum(DAYS), open: z.string(), close: z.string() })),
  /** Each date as YYYY-MM-DD; without hours it has none. */
  holidays: z.array(z.object({ date: z.string(), open: z.string().optional(), close: z.string().optional() })),
});

/** What a call must meet, each as far as it is there. A text with * at its end stands for all that begin like it. */
const match = z.object({
  callers: z.array(z.string()).optional(),
  callees: z.array(z.string()).optional(),
  countries: z.array(z.string()).optional(),
  exceptCountries: z.array(z.string()).optional(),
  callToAction: z.array(z.string()).optional(),
  deepLink: z.array(z.string()).optional(),
  hours: hours.optional(),
});

const route = z.object({
  /** NAMESPACE/NAME of the SipRoute. */
  name: z.string(),
  /** Null takes every call. */
  match: match.nullable(),
  /** Sorted by priority. */
  destinations: z.array(destination).min(1),
  failover: z.object({ on: z.array(z.enum(FAILURES)), ringSeconds: z.int(), withinSeconds: z.int() }),
});

const outboundRoute = z.object({
  /** NAMESPACE/NAME of the SipRoute. */
  name: z.string(),
  /** Null takes every call. */
  match: match.nullable(),
  /** Networks that calls may come from. */
  networks: z.array(z.string()),
  /** Who may call from anywhere, each with MD5(user:hostname:password). */
  users: z.array(z.object({ name: z.string(), ha1: z.string() })),
  /** Whether the operator is asked before each call if the user permits it. */
  asksPermission: z.boolean(),
});

/** How the number proves to Meta who it is: hashes of user, Meta's realm and password. */
const proof = z.object({ md5: z.string(), sha256: z.string() });

const outbound = z.object({
  proof,
  /** How Meta is offered the keys of the audio. */
  keyExchange: z.enum(['SDES', 'DTLS']),
  /** In the order in which they have their turn. */
  routes: z.array(outboundRoute).min(1),
});

const numberEntry = z.object({
  /** The business number without its plus sign: the key of the proxies' table and Meta's digest user. */
  digits: z.string(),
  /** Name of the WhatsAppNumber. */
  name: z.string(),
  /** MD5(user:realm:password): the password itself is kept nowhere. */
  ha1: z.string(),
  /** The most calls at once, in both directions together; null is no limit. */
  maxCalls: z.int().nullable(),
  /** Until when traces of its calls show users' numbers, as Date.toISOString; without it they do not. */
  tracedUntil: z.string().optional(),
  /** In the order in which they have their turn. */
  routes: z.array(route),
  /** Calls by the number; null where nobody may make any. */
  outbound: outbound.nullable(),
});

const mediaRelay = z.object({
  name: z.string(),
  /** Address of rtpengine's control port, as udp:IP:PORT. */
  control: z.string(),
});

const content = z.object({
  hostname: z.string(),
  /** Where the SIP of calls is sent by HEP, if anywhere. */
  homer: z.object({ address: z.string(), port: z.int() }).optional(),
  /** Networks that Meta's signalling may come from. */
  sourceNetworks: z.array(z.string()),
  media: z.array(mediaRelay),
  numbers: z.array(numberEntry),
});

const places = z.array(z.int().nonnegative());

/** As it is written: a route stands once, however many numbers name it, and they name it by its place. */
const written = content.extend({
  version: z.string(),
  routes: z.array(route),
  outboundRoutes: z.array(outboundRoute),
  numbers: z.array(numberEntry.extend({ routes: places, outbound: outbound.extend({ routes: places }).nullable() })),
});

export type Destination = z.infer<typeof destination>;
export type Hours = z.infer<typeof hours>;
export type EntryRoute = z.infer<typeof route>;
export type OutboundRoute = z.infer<typeof outboundRoute>;
export type Proof = z.infer<typeof proof>;
export type NumberEntry = z.infer<typeof numberEntry>;
export type MediaRelay = z.infer<typeof mediaRelay>;
export type SnapshotContent = z.infer<typeof content>;
export type Snapshot = SnapshotContent & { version: string };

/** Key of the snapshot in its Secret. */
export const SNAPSHOT_KEY = 'snapshot.json.gz';

/** Stamps content with its version: the same content always has the same one. */
export function toSnapshot(data: SnapshotContent): Snapshot {
  const version = createHash('sha256').update(JSON.stringify(toWritten(data))).digest('hex').slice(0, 12);
  return { version, ...data };
}

function toWritten<T extends SnapshotContent>(data: T) {
  const routes = new Places<EntryRoute>();
  const outboundRoutes = new Places<OutboundRoute>();
  const numbers = data.numbers.map((entry) => ({
    ...entry,
    routes: entry.routes.map(routes.of),
    outbound: entry.outbound && { ...entry.outbound, routes: entry.outbound.routes.map(outboundRoutes.of) },
  }));
  return { ...data, numbers, routes: routes.list, outboundRoutes: outboundRoutes.list };
}

/** A list of things that are met several times, each once. */
class Places<T> {
  readonly #places = new Map<T, number>();

  of = (each: T): number => {
    const place = this.#places.get(each) ?? this.#places.size;
    this.#places.set(each, place);
    return place;
  };

  get list(): T[] {
    return [...this.#places.keys()];
  }
}

const byName = once(({ numbers }: Snapshot) => new Map(numbers.map((entry) => [entry.name, entry])));
const byDigits = once(({ numbers }: Snapshot) => new Map(numbers.map((entry) => [entry.digits, entry])));
const destinationsOf = ({ numbers }: Snapshot): Destination[] => [...new Set(numbers.flatMap((entry) => entry.routes))].flatMap(({ destinations }) => destinations);

/** The entry of a number, by the name of its WhatsAppNumber. */
export const entryOf = (value: Snapshot, name: string): NumberEntry | undefined => byName(value).get(name);

/** The entry of a number, by its digits. */
export const entryOfDigits = (value: Snapshot, digits: string): NumberEntry | undefined => byDigits(value).get(digits);

/** Whether proxies that serve `b` serve what `a` asks for. */
export const sameEntry = (a: NumberEntry, b: NumberEntry | undefined): boolean =>
  a.ha1 === b?.ha1 && a.maxCalls === b.maxCalls && a.routes.length === b.routes.length && a.routes.every((each, i) => isSame(each, b.routes[i])) && isSame(a.outbound, b.outbound);

/** Whether proxies that serve `b` give a route its turn as `a` asks: itself and those before it. */
export function sameTurn(name: string, a: NumberEntry, b: NumberEntry | undefined): boolean {
  if (a.outbound?.routes.some((each) => each.name === name)) return isSame(a.outbound, b?.outbound ?? null);
  const place = a.routes.findIndex((each) => each.name === name);
  return place >= 0 && a.routes.slice(0, place + 1).every((each, i) => isSame(each, b?.routes[i]));
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Targets that a snapshot has the proxies probe, each once, sorted. */
export const probedBy = once((value: Snapshot) => [...new Set(destinationsOf(value).flatMap(({ probe, target }) => (probe ? [target] : [])))].sort());

/** ConfigMaps that announcements are in, as NAME/KEY. */
export const announcedBy = once<Snapshot, ReadonlySet<string>>(
  (value) => new Set(destinationsOf(value).flatMap(({ target, plays }) => (plays === null ? [] : [target.slice(ANNOUNCEMENT.length)])).toSorted()),
);

/** Numbers that are traced for some time, by their digits, with its end. */
export const tracedBy = once<Snapshot, ReadonlyMap<string, number>>(
  ({ numbers }) => new Map(numbers.flatMap(({ digits, tracedUntil }) => (tracedUntil === undefined ? [] : [[digits, Date.parse(tracedUntil)] as const]))),
);

/** Digits of the numbers, and targets, that may have only so many calls at once. */
export const limited = once<Snapshot, ReadonlySet<string>>((value) => {
  const digits = value.numbers.flatMap((entry) => (entry.maxCalls === null ? [] : [entry.digits]));
  return new Set([...digits, ...destinationsOf(value).flatMap(({ target, maxCalls }) => (maxCalls === null ? [] : [target]))]);
});

/** Names of the numbers that the two snapshots do not serve alike. */
export function changedNumbers(before: Snapshot | undefined, after: Snapshot | undefined): string[] {
  const differs = (one: Snapshot | undefined, other: Snapshot | undefined) =>
    (one?.numbers ?? []).filter((entry) => !sameEntry(entry, other && entryOf(other, entry.name))).map(({ name }) => name);
  return [...new Set([...differs(before, after), ...differs(after, before)])];
}

/** A snapshot as the value of a Secret's key. */
export interface Encoded {
  base64: string;
  /** Of the Secret's value, and of what agents and engines make of it. */
  bytes: { packed: number; plain: number };
}

/** Packs a snapshot: the same one only once. */
export const encodeSnapshot = once((value: Snapshot): Encoded => {
  const plain = Buffer.from(JSON.stringify(toWritten(value)));
  const packed = gzipSync(plain);
  return { base64: packed.toString('base64'), bytes: { packed: packed.length, plain: plain.length } };
});

/**
 * Reads what {@link encodeSnapshot} wrote.
 * @throws where it is not a snapshot.
 */
export function decodeSnapshot(base64: string): Snapshot {
  const { routes, outboundRoutes, numbers, ...rest } = written.parse(unpack(base64));
  const at = <T>(list: readonly T[]) => (place: number): T => {
    const found = list[place];
    if (!found) throw new Error(`the snapshot has no route ${place}`);
    return found;
  };
  const read = numbers.map((entry) => ({
    ...entry,
    routes: entry.routes.map(at(routes)),
    outbound: entry.outbound && { ...entry.outbound, routes: entry.outbound.routes.map(at(outboundRoutes)) },
  }));
  return { ...rest, numbers: read };
}

/** The part of a snapshot that every version of it has: who answers Meta's calls with which hash, and calls Meta with which. */
const accounts = z.object({
  hostname: z.string(),
  numbers: z.array(z.object({ digits: z.string(), name: z.string(), ha1: z.string(), outbound: z.object({ proof }).nullish() })),
});

export type Accounts = z.infer<typeof accounts>;

/**
 * As {@link decodeSnapshot}, but also for what an earlier version wrote.
 * @throws where it is none.
 */
export const decodeAccounts = (base64: string): Accounts => accounts.parse(unpack(base64));

const unpack = (base64: string): unknown => JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString('utf8'));
