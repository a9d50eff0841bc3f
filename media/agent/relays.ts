// SPDX-License-Identifier: Apache-2.0
import type { CallCount } from './calls.ts';
import type { RelayLoad } from './contract.ts';
import type { Loop } from './loop.ts';
import type { RelayStatus } from './status.ts';

/** How the relays of the snapshot stand, by their names. */
export function relayStates({ snapshot, takers, known }: Pick<Loop, 'snapshot' | 'takers' | 'known'>, { loads }: Pick<CallCount, 'loads'>): Record<string, RelayStatus> {
  const states = (snapshot?.media ?? []).map(({ name, id, control }) => [name, { isKnown: known?.has(control) ?? null, takesCalls: takers?.has(id) ?? null, load: toLoad(loads.get(control)) }] as const);
  return Object.fromEntries(states);
}

const toLoad = (load: RelayLoad | undefined): RelayStatus['load'] => (load ? { calls: load.calls, units: load.units } : null);
