// SPDX-License-Identifier: Apache-2.0
// What a gateway's proxies need to know, independent of the engine that serves it: plain data, sorted, hashed.
import { hash } from 'node:crypto';
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

export const route = z.object({
  /** NAMESPACE/NAME of the SipRoute. */
  name: z.string(),
  /** Null takes every call. */
  match: match.nullable(),
  /** Sorted by priority. */
  destinations: z.array(destination).min(1),
  failover: z.object({ on: z.array(z.enum(FAILURES)), ringSeconds: z.int(), withinSeconds: z.int() }),
});

export const outboundRoute = z.object({
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
export const proof = z.object({ md5: z.string(), sha256: z.string() });

export const outbound = z.object({
  proof,
  /** How Meta is offered the keys of the audio. */
  keyExchange: z.enum(['SDES', 'DTLS']),
  /** In the order in which they have their turn. */
  routes: z.array(outboundRoute).min(1),
});

export const numberEntry = z.object({
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
  /** Six hexadecimal digits that no other relay of the gateway has or had: what belongs to a call names its relay by them. */
  id: z.string().regex(/^[0-9a-f]{6}$/),
  /** Address of rtpengine's control port, as udp:IP:PORT. */
  control: z.string(),
  /** Where Meta is told to send audio; without it at the relay's own address. */
  address: z.string().optional(),
  /** The most calls that it is given. */
  capacity: z.int(),
  /** Whether it is given new calls. Those that it has go on either way. */
  takesCalls: z.boolean(),
});

export const content = z.object({
  hostname: z.string(),
  /** Where the SIP of calls is sent by HEP, if anywhere. */
  homer: z.object({ address: z.string(), port: z.int() }).optional(),
  /** The most calls at once of all numbers together; without it there is no limit. */
  maxCalls: z.int().optional(),
  /** Where telephony outside of the cluster finds any of the proxies; without it only the one that it has to do with. */
  insideAddress: z.string().optional(),
  /** Networks that Meta's signalling may come from. */
  sourceNetworks: z.array(z.string()),
  media: z.array(mediaRelay),
  numbers: z.array(numberEntry),
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

/** Stamps content with its version: the same content always has the same one. */
export function toSnapshot(data: SnapshotContent): Snapshot {
  const { numbers, ...rest } = data;
  const parts = numbers.map((entry) => [entryDigest(entry), ...entry.routes.map(routeDigest), ...(entry.outbound?.routes ?? []).map(routeDigest)]);
  const version = hash('sha256', JSON.stringify([rest, parts])).slice(0, 12);
  return { version, ...data };
}

/** A number with its routes by their names. */
export const namingRoutes = ({ routes, outbound: calls, ...entry }: NumberEntry) => ({
  ...entry,
  routes: routes.map(({ name }) => name),
  outbound: calls && { ...calls, routes: calls.routes.map(({ name }) => name) },
});

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value), 'base64').slice(0, 16);

/** Tells what a number says, but for its routes, from what others say; of an entry that lives on it is known. */
export const entryDigest = once((entry: NumberEntry) => digest(namingRoutes(entry)));

/** As {@link entryDigest}, of a route. */
export const routeDigest = once((of: EntryRoute | OutboundRoute) => digest(of));

const byName = once(({ numbers }: Snapshot) => new Map(numbers.map((entry) => [entry.name, entry])));
const byDigits = once(({ numbers }: Snapshot) => new Map(numbers.map((entry) => [entry.digits, entry])));

/** What the numbers and destinations of a snapshot together ask of the proxies. */
const asked = once(({ numbers, maxCalls: most }: Snapshot) => {
  const [probed, announced, limits, routes] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<EntryRoute>()];
  if (most !== undefined) limits.add(ALL_NUMBERS);
  for (const { digits, maxCalls, routes: own } of numbers) {
    if (maxCalls !== null) limits.add(digits);
    for (const each of own) routes.add(each);
  }
  for (const { destinations } of routes) {
    for (const { target, probe, plays, maxCalls } of destinations) {
      if (probe) probed.add(target);
      if (plays !== null) announced.add(target.slice(ANNOUNCEMENT.length));
      if (maxCalls !== null) limits.add(target);
    }
  }
  return { probed: [...probed].sort(), announced: new Set([...announced].sort()), limits };
});

/** The entry of a number, by the name of its WhatsAppNumber. */
export const entryOf = (value: Snapshot, name: string): NumberEntry | undefined => byName(value).get(name);

/** The entry of a number, by its digits. */
export const entryOfDigits = (value: Snapshot, digits: string): NumberEntry | undefined => byDigits(value).get(digits);

/** Whether proxies that serve `b` serve what `a` asks for. */
export const sameEntry = (a: NumberEntry, b: NumberEntry | undefined): boolean =>
  a === b || (a.ha1 === b?.ha1 && a.maxCalls === b.maxCalls && a.routes.length === b.routes.length && a.routes.every((each, i) => isSame(each, b.routes[i])) && isSame(a.outbound, b.outbound));

/** Whether proxies that serve `b` give a route its turn as `a` asks: itself and those before it. */
export function sameTurn(name: string, a: NumberEntry, b: NumberEntry | undefined): boolean {
  if (a.outbound?.routes.some((each) => each.name === name)) return isSame(a.outbound, b?.outbound ?? null);
  const place = a.routes.findIndex((each) => each.name === name);
  return place >= 0 && a.routes.slice(0, place + 1).every((each, i) => isSame(each, b?.routes[i]));
}

const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Relays that are given new calls. */
export const takersOf = ({ media }: Snapshot): MediaRelay[] => media.filter(({ takesCalls }) => takesCalls);

/** Targets that a snapshot has the proxies probe, each once, sorted. */
export const probedBy = (value: Snapshot): readonly string[] => asked(value).probed;

/** ConfigMaps that announcements are in, as NAME/KEY. */
export const announcedBy = (value: Snapshot): ReadonlySet<string> => asked(value).announced;

/** Numbers that are traced for some time, by their digits, with its end. */
export const tracedBy = once<Snapshot, ReadonlyMap<string, number>>(
  ({ numbers }) => new Map(numbers.flatMap(({ digits, tracedUntil }) => (tracedUntil === undefined ? [] : [[digits, Date.parse(tracedUntil)] as const]))),
);

/** Under which the calls of all numbers are counted together. */
export const ALL_NUMBERS = 'gateway';

/** Digits of the numbers, and targets, that may have only so many calls at once; {@link ALL_NUMBERS} where all together may. */
export const limited = (value: Snapshot): ReadonlySet<string> => asked(value).limits;

/** Names of the numbers that the two snapshots do not serve alike. */
export function changedNumbers(before: Snapshot | undefined, after: Snapshot | undefined): string[] {
  const differs = (one: Snapshot | undefined, other: Snapshot | undefined) =>
    (one?.numbers ?? []).filter((entry) => !sameEntry(entry, other && entryOf(other, entry.name))).map(({ name }) => name);
  return [...new Set([...differs(before, after), ...differs(after, before)])];
}
