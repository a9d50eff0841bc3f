// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '../api/schema.ts';

interface Named {
  metadata: Metadata;
}

/** Who wins where two cannot: the older object, then the lower name, so that a newcomer never takes anything away. */
export function byAge(a: Named, b: Named): number {
  return compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name);
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
