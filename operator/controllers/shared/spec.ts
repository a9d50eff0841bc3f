// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '../../api/schema.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { Change } from '../../kube/replica.ts';
import { tracedUntil } from '../../routing/traced.ts';

/** Whether a change leaves what an object asks for as it was: mostly our own writing of its status. */
export function onlyStatusChanged(change: Change<{ metadata: Metadata }>): boolean {
  if (change.type !== 'upsert' || !change.old) return false;
  const { uid, generation, deletionTimestamp } = change.object.metadata;
  const before = change.old.metadata;
  return uid === before.uid && generation === before.generation && deletionTimestamp === before.deletionTimestamp;
}

/** Whether a number is traced for another time from now on, which is an annotation and no part of its spec. */
export const traceChanged = (change: Change<WhatsAppNumber>): boolean =>
  change.type === 'upsert' && change.old !== undefined && tracedUntil(change.old) !== tracedUntil(change.object);
