// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '../../api/schema.ts';
import type { Change } from '../../kube/replica.ts';

/** Whether a change leaves what an object asks for as it was: mostly our own writing of its status. */
export function onlyStatusChanged(change: Change<{ metadata: Metadata }>): boolean {
  if (change.type !== 'upsert' || !change.old) return false;
  const { uid, generation, deletionTimestamp } = change.object.metadata;
  const before = change.old.metadata;
  return uid === before.uid && generation === before.generation && deletionTimestamp === before.deletionTimestamp;
}
