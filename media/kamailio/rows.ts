// SPDX-License-Identifier: Apache-2.0
// A snapshot as rows of Kamailio's tables. Pure: the configuration in etc/ says what reads them.
import { createHash } from 'node:crypto';
import type { Observed } from '../agent/contract.ts';
import { toHoursRow } from './hours.ts';
import { once } from '../../operator/routing/once.ts';
import { probedBy, takersOf, type EntryRoute, type MediaRelay, type NumberEntry, type OutboundRoute, type Snapshot } from '../../operator/routing/snapshot.ts';

const DAY_MS = 86_400_000;

/** htable "routes": a route as JSON, which etc/lua reads, by its hash. */
interface RouteRow {
  hash: string;
  text: string;
}

/** The rows of a number, by its digits. */
export interface NumberRows {
  /** htable "numbers": HA1, limit of calls (0 is none) and the hashes of the number's routes. One value a number, since a reload swaps row by row. */
  number: string;
  /** htable "callers", where the number may be called with: JSON of its proof for Meta, how media keys are agreed on there, its limit of calls and the hashes of its outbound routes. */
  caller: string | undefined;
  /** All that these name. */
  routes: readonly RouteRow[];
}

export interface Rows {
  version: string;
  /** htable "meta": the most calls of all numbers together; 0 is no limit. */
  limit: string;
  /** htable "meta": where telephony outside of the cluster finds any proxy; 0 where it finds only this one. */
  inside: string;
  /** By digits; of a number that is as it was the same object. */
  numbers: ReadonlyMap<string, NumberRows>;
  /** domain: hosts that are this proxy, beside those that it listens at. */
  hosts: string[];
  /** permissions, group 1: networks that Meta's signalling comes from. */
  networks: { address: string; mask: number }[];
  /** rtpengine: a set for each relay, since the script says which one has a call. */
  relays: { set: number; url: string }[];
  /** htable "meta": the relays that are given calls. */
  takers: string;
  /** dispatcher, set 1: who is asked by OPTIONS, and whether it answered until now; undefined where it was not asked. */
  probes: { target: string; isUp: boolean | undefined }[];
}

/**
 * @param known what probes have found until now: a reload would otherwise forget it
 * @param now a time on the day since which the rows must hold
 */
export function toRows(snapshot: Snapshot, known: Observed['probes'], now: Date): Rows {
  const rowsOf = rowsOn(now);
  return {
    version: snapshot.version,
    limit: String(snapshot.maxCalls ?? 0),
    inside: snapshot.insideAddress ?? '0',
    hosts: snapshot.insideAddress === undefined ? [] : [snapshot.insideAddress],
    numbers: new Map(snapshot.numbers.map((entry) => [entry.digits, rowsOf(entry)])),
    networks: snapshot.sourceNetworks.flatMap(toNetworks),
    relays: snapshot.media.map(({ id, control }) => ({ set: Number.parseInt(id, 16), url: control })),
    takers: toTakers(takersOf(snapshot)),
    probes: probedBy(snapshot).map((target) => ({ target, isUp: known?.get(target) })),
  };
}

/** Relays that are given calls, as the script reads them: ID:CAPACITY or ID:CAPACITY:ADDRESS, with spaces between. */
export const toTakers = (relays: readonly MediaRelay[]): string => relays.map(({ id, capacity, address }) => [id, capacity, ...(address ? [address] : [])].join(':')).join(' ');

type RowsOf = (entry: NumberEntry) => NumberRows;

/** The rows of one day: a number or a route that is the same object has its rows already. */
let today: { day: number; rowsOf: RowsOf } | undefined;

function rowsOn(now: Date): RowsOf {
  const day = Math.floor(now.getTime() / DAY_MS);
  if (today?.day !== day) today = { day, rowsOf: rowsSince(new Date(day * DAY_MS)) };
  return today.rowsOf;
}

function rowsSince(start: Date): RowsOf {
  const rowOf = once((route: EntryRoute | OutboundRoute): RouteRow => {
    const text = JSON.stringify('networks' in route ? toOutbound(route, start) : toRoute(route, start));
    return { hash: createHash('sha256').update(text).digest('base64url').slice(0, 16), text };
  });
  return once(({ ha1, maxCalls, routes, outbound }: NumberEntry) => {
    const [own, calls] = [routes.map(rowOf), (outbound?.routes ?? []).map(rowOf)];
    const [limit, hashes] = [maxCalls ?? 0, calls.map(({ hash }) => hash)];
    return {
      number: [ha1, limit, ...own.map(({ hash }) => hash)].join(' '),
      caller: outbound ? JSON.stringify({ proof: outbound.proof, keys: outbound.keyExchange, limit, routes: hashes }) : undefined,
      routes: [...own, ...calls],
    };
  });
}

/** Kamailio takes a length of 0 for a single host, so the whole world is written as its two halves. */
function toNetworks(network: string): Rows['networks'] {
  const [address = '', mask = '32'] = network.split('/');
  if (mask !== '0') return [{ address, mask: Number(mask) }];
  return [
    { address: '0.0.0.0', mask: 1 },
    { address: '128.0.0.0', mask: 1 },
  ];
}

/** Lua would take null for something. */
const withoutNulls = (values: object): object => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** Without what is null, as above. */
function toMatch(match: EntryRoute['match'], now: Date): object {
  if (!match) return {};
  const { hours, ...rest } = match;
  return { match: { ...rest, ...(hours ? { hours: toHoursRow(hours, now) } : {}) } };
}

const toOutbound = ({ name, match, networks, users, asksPermission }: OutboundRoute, now: Date): object => ({
  name,
  ...toMatch(match, now),
  networks,
  ...(users.length > 0 ? { users } : {}),
  ...(asksPermission ? { asksPermission } : {}),
});

function toRoute({ name, match, failover, destinations }: EntryRoute, now: Date): object {
  return {
    name,
    ...toMatch(match, now),
    ...failover,
    destinations: destinations.map(withoutNulls),
  };
}
