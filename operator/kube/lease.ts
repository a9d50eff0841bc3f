// SPDX-License-Identifier: Apache-2.0
import { isRecord, type KubeObject } from './objects.ts';

/** What matters of a Lease to someone who stands for election. */
export interface LeaseView {
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
}

/** What to do about a Lease now. */
export type Step = { readonly kind: 'create' | 'take' | 'renew' } | { readonly kind: 'wait'; readonly ms: number };

/** The `spec` of a Lease; empty where it has none. */
export function specOf(lease: KubeObject): Readonly<Record<string, unknown>> {
  return isRecord(lease['spec']) ? lease['spec'] : {};
}

/** Reads a Lease; fields that somebody wrote badly count as absent. */
export function viewOf(lease: KubeObject): LeaseView {
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = specOf(lease);
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1000 : 0,
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
  };
}

/**
 * Decides what `identity` does about a Lease that it has seen unchanged for `unchangedMs`.
 * Expiry is judged by how long we ourselves saw the record stand still, never by the times written in it: two hosts'
 * clocks differ.
 */
export function stepFor(identity: string, lease: LeaseView | undefined, unchangedMs: number): Step {
  if (!lease) return { kind: 'create' };
  if (lease.holder === identity) return { kind: 'renew' };
  if (lease.holder === '' || unchangedMs >= lease.durationMs) return { kind: 'take' };
  return { kind: 'wait', ms: lease.durationMs - unchangedMs };
}

/** A time as Lease and Event want it: six decimals. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
