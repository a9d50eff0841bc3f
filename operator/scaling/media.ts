// SPDX-License-Identifier: Apache-2.0
// Which media pods to make and which to let go. One pod a gateway.

/** What is known of one media pod. */
export interface MediaPod {
  name: string;
  /** Creation time, for a stable order. */
  createdAt: string;
  templateHash: string | undefined;
  state: 'starting' | 'ready' | 'ended' | 'leaving';
  /** Calls that it relays; undefined where it cannot be asked. */
  calls: number | undefined;
  /** Whether a proxy may still send it new calls. */
  offered: boolean;
}

export interface MediaDecision {
  create: boolean;
  remove: string[];
}

/**
 * Keeps one pod of the current template. One that ended is replaced at once; one that is out of date goes when the new one
 * is ready, no proxy sends it calls and it relays none any more, since nothing of ours may end one.
 */
export function decideMedia(pods: readonly MediaPod[], templateHash: string): MediaDecision {
  const alive = pods.filter((pod) => pod.state === 'ready' || pod.state === 'starting');
  const current = alive.filter((pod) => pod.templateHash === templateHash).toSorted(byUse);
  const replaced = current.some((pod) => pod.state === 'ready')
    ? alive.filter((pod) => pod.templateHash !== templateHash)
    : [];
  const ended = pods.filter((pod) => pod.state === 'ended');
  const idle = [...replaced, ...current.slice(1)].filter((pod) => pod.calls === 0 && !pod.offered);
  return { create: current.length === 0, remove: [...ended, ...idle].map((pod) => pod.name).toSorted() };
}

/** The pod to keep comes first: the one with most calls, then the older, then by name. */
function byUse(a: MediaPod, b: MediaPod): number {
  return (b.calls ?? 0) - (a.calls ?? 0) || compare(a.createdAt, b.createdAt) || compare(a.name, b.name);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
