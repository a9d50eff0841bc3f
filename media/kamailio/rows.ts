// SPDX-License-Identifier: Apache-2.0
// A snapshot as rows of Kamailio's tables. Pure: the configuration in etc/ says what reads them.
import type { Observed } from '../agent/contract.ts';
import { toHoursRow } from './hours.ts';
import { probedBy, type EntryRoute, type Snapshot } from '../../operator/routing/snapshot.ts';

export interface Rows {
  version: string;
  /**
   * htable "numbers": digits → HA1, a space, and the number's routes as JSON, which etc/lua reads. One value a number,
   * because a reload swaps row by row.
   */
  numbers: { key: string; value: string }[];
  /** permissions, group 1: networks that Meta's signalling comes from. */
  networks: { address: string; mask: number }[];
  /** rtpengine set 0. */
  relays: string[];
  /** dispatcher, set 1: who is asked by OPTIONS, and whether it answered until now; undefined where it was not asked. */
  probes: { target: string; isUp: boolean | undefined }[];
}

/**
 * @param known what probes have found until now: a reload would otherwise forget it
 * @param now since when the rows must hold
 */
export function toRows(snapshot: Snapshot, known: Observed['probes'], now: Date): Rows {
  // A route is the same for each of its numbers, of which there may be a thousand.
  const made = new Map<EntryRoute, string>();
  const toText = (route: EntryRoute): string => {
    const text = made.get(route) ?? JSON.stringify(toRoute(route, now));
    made.set(route, text);
    return text;
  };
  return {
    version: snapshot.version,
    numbers: snapshot.numbers.map((entry) => ({ key: entry.digits, value: `${entry.ha1} {"routes":[${entry.routes.map(toText).join(',')}]}` })),
    networks: snapshot.sourceNetworks.flatMap(toNetworks),
    relays: snapshot.media.map((relay) => relay.control),
    probes: probedBy(snapshot).map((target) => ({ target, isUp: known?.get(target) })),
  };
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

/** Without what is null, which Lua would take for something. */
function toRoute({ name, match, failover, destinations }: EntryRoute, now: Date): object {
  const { hours, ...rest } = match ?? {};
  return {
    name,
    ...(match ? { match: { ...rest, ...(hours ? { hours: toHoursRow(hours, now) } : {}) } } : {}),
    ...failover,
    destinations: destinations.map(({ user, ...destination }) => ({ ...destination, ...(user === null ? {} : { user }) })),
  };
}
