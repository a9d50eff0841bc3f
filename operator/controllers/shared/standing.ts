// SPDX-License-Identifier: Apache-2.0
import type { Verdict } from '../../api/conditions.ts';
import { isReason } from '../../api/reasons.ts';
import type { Condition, Metadata } from '../../api/schema.ts';

interface Judged {
  metadata: Metadata;
  status?: { conditions?: Condition[] | undefined } | undefined;
}

/**
 * The verdict that an object's status holds for its present spec. Right after a start of the operator, before the world
 * was asked anew, it still stands: a restart must not make working things look broken.
 */
export function standing({ metadata, status }: Judged, type: string): Verdict | undefined {
  const condition = status?.conditions?.find((entry) => entry.type === type);
  if (!condition || condition.observedGeneration !== metadata.generation) return undefined;
  const { status: verdict, reason, message } = condition;
  if (!isReason(reason)) return undefined;
  const isSaidBy = (other: string): boolean => status?.conditions?.some((entry) => entry.type === other && entry.reason === reason) ?? false;
  // Ready repeats the reason that it waits for; whatever else was not True was advice.
  return { status: verdict, reason, message, stalled: isSaidBy('Stalled'), advisory: verdict !== 'True' && !isSaidBy('Ready') };
}
