// SPDX-License-Identifier: Apache-2.0
// A snapshot as rows of Kamailio's tables. Pure: the configuration in etc/ says what reads them.
import type { Observed } from '../agent/contract.ts';
import { probedBy, type NumberEntry, type Snapshot } from '../../operator/routing/snapshot.ts';

export interface Rows {
  version: string;
  /**
   * htable "numbers": digits → ha1|what fails over|seconds of ringing|seconds for all|route|count|destinations, these with
   * spaces between them and each as priority^weight^1 where it is probed^target^user. One value a number, because a reload swaps row by row.
   */
  numbers: { key: string; value: string }[];
  /** permissions, group 1: networks that Meta's signalling comes from. */
  networks: { address: string; mask: number }[];
  /** rtpengine set 0. */
  relays: string[];
  /** dispatcher, set 1: who is asked by OPTIONS, and whether it answered until now; undefined where it was not asked. */
  probes: { target: string; isUp: boolean | undefined }[];
}

/** @param known what probes have found until now: a reload would otherwise forget it */
export function toRows(snapshot: Snapshot, known: Observed['probes']): Rows {
  return {
    version: snapshot.version,
    numbers: snapshot.numbers.map((entry) => ({ key: entry.digits, value: toValue(entry) })),
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

/** What separates stands in no SIP URI and no HA1. */
function toValue({ ha1, route }: NumberEntry): string {
  if (!route) return `${ha1}||||||`;
  const { on, ringSeconds, withinSeconds } = route.failover;
  const destinations = route.destinations.map(({ priority, weight, probe, target, user }) => [priority, weight, probe ? 1 : 0, target, user ?? ''].join('^'));
  return [ha1, on.join(','), ringSeconds, withinSeconds, route.name, destinations.length, destinations.join(' ')].join('|');
}
