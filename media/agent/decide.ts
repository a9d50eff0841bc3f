// SPDX-License-Identifier: Apache-2.0
import { probedBy, type Snapshot } from '../../operator/routing/snapshot.ts';
import type { Observed, Wanted } from './contract.ts';

/** What lies in the files that a starting engine reads. */
export interface Written {
  version: string | undefined;
  certificateSerial: string | undefined;
}

export type Action = 'write-tables' | 'write-certificate' | 'reload-tables' | 'reload-relays' | 'reload-probes' | 'reload-certificate';

/** What to do next so that the engine serves what is wanted; nothing when it does. Pure. */
export function decide(wanted: Wanted, written: Written, observed: Observed | undefined): Action[] {
  const { snapshot, certificate } = wanted;
  const actions: Action[] = [];
  if (certificate && written.certificateSerial !== certificate.serial) actions.push('write-certificate');
  if (snapshot && written.version !== snapshot.version) actions.push('write-tables');
  if (!observed) return actions;
  if (certificate && observed.certificateSerial !== certificate.serial) actions.push('reload-certificate');
  return snapshot ? [...actions, ...toReload(snapshot, observed)] : actions;
}

function toReload(snapshot: Snapshot, observed: Observed): Action[] {
  const actions: Action[] = [];
  // Relays first: rows must not point calls at a relay set that is not there. An empty set is not worth a reload: no call
  // could be answered anyway, and the reload that brings the next relay would have to wait its turn.
  const relays = snapshot.media.map((relay) => relay.control);
  if (relays.length > 0 && !sameSet(observed.relays, relays)) actions.push('reload-relays');
  if (asksOthers(observed, snapshot)) actions.push('reload-probes');
  if (observed.version !== snapshot.version) actions.push('reload-tables');
  return actions;
}

/** Whether the engine probes others than it should, as far as it can tell. */
const asksOthers = ({ probes }: Observed, snapshot: Snapshot): boolean =>
  probes !== undefined && !sameSet([...probes.keys()], probedBy(snapshot));

/** Whether an engine may start: without a certificate it cannot, and without a relay no call could be answered. */
export const mayStart = ({ snapshot }: Wanted, written: Written): boolean =>
  written.certificateSerial !== undefined && written.version !== undefined && (snapshot?.media.length ?? 0) > 0;

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && new Set(a).isSubsetOf(new Set(b));
