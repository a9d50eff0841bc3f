// SPDX-License-Identifier: Apache-2.0
// A media pod as the pool sees it. Times are milliseconds of the epoch.

/** Why a pod is given no new calls any more. */
export const DRAIN_REASONS = {
  ScaleIn: 'fewer media pods are enough',
  Outdated: 'another one of the new kind takes its place',
  NodeCordoned: 'its node is to be emptied',
} as const;
export type DrainReason = keyof typeof DRAIN_REASONS;

export interface Drain {
  since: number;
  reason: DrainReason;
}

export interface MediaPod {
  name: string;
  createdAt: number;
  /** Whether it is what would be made now. */
  isCurrent: boolean;
  /** Whether somebody is about to empty its node. */
  isCordoned: boolean;
  /** Not ready yet, ready, no longer ready, ended or never able to begin, or being deleted. */
  health: 'starting' | 'ready' | 'unready' | 'ended' | 'leaving';
  /** Whether every proxy could find it. */
  isTakenIn: boolean;
  /** Whether it is marked to get no new calls; only ever by us. */
  drain: Drain | undefined;
  /** Whether some proxy may still give it a call. */
  isOffered: boolean;
  /** Calls that it has, what they cost in units of its capacity, and when the oldest began, in seconds; undefined where that is not known. */
  load: { calls: number; units: number; oldest?: number | undefined } | undefined;
}

/** Starting: not ready, or not known to every proxy yet. Ready: takes calls. Draining: only keeps those it has. Empty: has none and gets none. Failed: cannot be relied on. */
export type PodState = 'Starting' | 'Ready' | 'Draining' | 'Empty' | 'Failed';

/** Of a pod that is asked to drain only what every proxy has acknowledged counts as empty: a call may be on its way to it until then. */
export function stateOf({ health, isTakenIn, drain, isOffered, load }: MediaPod): PodState {
  if (health === 'ended') return 'Failed';
  if (drain || health === 'leaving') return !isOffered && load?.calls === 0 ? 'Empty' : 'Draining';
  if (health === 'unready') return 'Failed';
  return health === 'ready' && isTakenIn ? 'Ready' : 'Starting';
}
