// SPDX-License-Identifier: Apache-2.0

/** What a pool of media pods is to be like. */
export interface Policy {
  minPods: number;
  /** The most pods that take calls at once; those that drain come on top. */
  maxPods: number;
  /** Units that a pod may be given: calls that are only relayed, and more for each whose codec is changed. */
  callsPerPod: number;
  /** What is to be free for calls to come: units, or a share of the whole below 1. */
  free: { units: number } | { share: number };
  /** So long less must have been enough before a pod goes. */
  quietMs: number;
  /** So long a pod may wait for the end of its calls. */
  drainTimeoutMs: number;
  /** Pods beyond those that are needed, while others are replaced. */
  surge: number;
  /** Whether pods that are out of date are left as they are. */
  isPaused: boolean;
}

/** Pods that have room for some units and keep free what is to be free, within the policy's bounds. */
export function podsFor(units: number, { minPods, maxPods, callsPerPod, free }: Policy): number {
  const whole = 'share' in free ? units / (1 - free.share) : units + free.units;
  return Math.min(maxPods, Math.max(minPods, Math.ceil(whole / callsPerPod)));
}
