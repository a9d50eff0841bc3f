// SPDX-License-Identifier: Apache-2.0
// A snapshot as rows of Kamailio's tables. Pure: the configuration in etc/ says what reads them.
import type { NumberEntry, Snapshot } from '../../operator/routing/snapshot.ts';

export interface Rows {
  version: string;
  /** htable "numbers": digits → ha1|destination|user. One value a number, because a reload swaps row by row. */
  numbers: { key: string; value: string }[];
  /** permissions, group 1: networks that Meta's signalling comes from. */
  networks: { address: string; mask: number }[];
  /** rtpengine set 0. */
  relays: string[];
}

export function toRows(snapshot: Snapshot): Rows {
  return {
    version: snapshot.version,
    numbers: snapshot.numbers.map((entry) => ({ key: entry.digits, value: toValue(entry) })),
    networks: snapshot.sourceNetworks.map((network) => {
      const [address = '', mask = '32'] = network.split('/');
      return { address, mask: Number(mask) };
    }),
    relays: snapshot.media.map((relay) => relay.control),
  };
}

/** "|" separates: it stands in no SIP URI and no HA1. */
const toValue = ({ ha1, destination }: NumberEntry): string =>
  [ha1, destination?.target ?? '', destination?.user ?? ''].join('|');
