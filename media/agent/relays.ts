// SPDX-License-Identifier: Apache-2.0
import type { CallCount } from './calls.ts';
import type { Loop } from './loop.ts';
import type { RelayReport } from './status.ts';

/** How the relays of the snapshot stand. */
export const relayStates = ({ snapshot, takers, known }: Pick<Loop, 'snapshot' | 'takers' | 'known'>, { loads }: Pick<CallCount, 'loads'>): RelayReport =>
  Object.fromEntries(
    (snapshot?.media ?? []).map(({ name, id, control }) => [name, { isKnown: known?.has(control) ?? null, takesCalls: takers?.has(id) ?? null, load: loads.get(control) ?? null }]),
  );
