// SPDX-License-Identifier: Apache-2.0
import { probedBy, takersOf, type MediaRelay, type Snapshot } from '../../operator/routing/snapshot.ts';
import type { Observed, Wanted } from './contract.ts';

/** What lies in the files that a starting engine reads. */
export interface Written {
  version: string | undefined;
  certificateSerial: string | undefined;
}

export type Action = 'write-tables' | 'write-certificate' | 'reload-tables' | 'reload-relays' | 'tell-takers' | 'reload-probes' | 'reload-certificate';

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
  // An empty set is not worth a reload: no call could be answered anyway, and the reload that brings the next relay would have
  // to wait its turn.
  const relays = snapshot.media.map((relay) => relay.control);
  const isOther = relays.length > 0 && !sameSet(observed.relays, relays);
  if (isOther) actions.push('reload-relays');
  // Before all that takes longer: a relay that is to be emptied waits for it.
  if (isOther || givesToOthers(observed, snapshot)) actions.push('tell-takers');
  if (asksOthers(observed, snapshot)) actions.push('reload-probes');
  if (observed.version !== snapshot.version) actions.push('reload-tables');
  return actions;
}

/** Relays that an engine can give calls to; where there are none it keeps those that it has, since one that looks dead may be alive. */
export const givable = (snapshot: Snapshot, known: readonly string[]): MediaRelay[] => takersOf(snapshot).filter(({ control }) => known.includes(control));

function givesToOthers({ relays, takers }: Observed, snapshot: Snapshot): boolean {
  const wanted = givable(snapshot, relays);
  return wanted.length > 0 && (wanted.length !== takers.size || wanted.some(({ id, capacity, address }) => takers.get(id)?.capacity !== capacity || takers.get(id)?.address !== address));
}

/** Whether the engine probes others than it should, as far as it can tell. */
const asksOthers = ({ probes }: Observed, snapshot: Snapshot): boolean =>
  probes !== undefined && !sameSet([...probes.keys()], probedBy(snapshot));

/** Whether an engine may start: without a certificate it cannot, and without a relay no call could be answered. */
export const mayStart = ({ snapshot }: Wanted, written: Written): boolean =>
  written.certificateSerial !== undefined && written.version !== undefined && snapshot !== undefined && takersOf(snapshot).length > 0;

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && new Set(a).isSubsetOf(new Set(b));
