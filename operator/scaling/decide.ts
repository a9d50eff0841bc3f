// SPDX-License-Identifier: Apache-2.0
// Which media pods to make, to drain, to take back and to remove. Pure. Draining ends no call, so a pod that has some may be chosen
// for it; removed is only what is empty, what has ended, or what has drained for as long as it may.
import { growth, needing, peakOf, remember, type Memory } from './demand.ts';
import { stateOf, type DrainReason, type MediaPod } from './pod.ts';
import { podsFor, type Policy } from './policy.ts';

export interface Moment {
  /** Milliseconds of the epoch, as the marks on pods have them. */
  time: number;
  /** Milliseconds of a clock that never goes back. */
  tick: number;
  /** From the wish for a pod until it takes calls. */
  leadMs: number;
}

export interface Plan {
  create: number;
  drain: { name: string; reason: DrainReason }[];
  /** Take calls again. */
  undrain: string[];
  /** `calls` are those that are cut off, because their time is over. */
  remove: { name: string; calls: number }[];
  /** Pods that the calls of now and of the near future need. */
  needed: number;
  memory: Memory;
}

export function plan(pods: readonly MediaPod[], policy: Policy, moment: Moment, before: Memory): Plan {
  const serving = pods.filter((pod) => ['Starting', 'Ready'].includes(stateOf(pod)));
  const { needed, memory } = need(pods, policy, moment, before);
  const movable = serving.filter((pod) => hasToGo(pod, policy));
  const back = undrain(pods, needed - serving.length);
  const wanted = needed + Math.min(policy.surge, movable.length);
  return {
    create: Math.max(0, wanted - serving.length - back.length),
    undrain: back.map(({ name }) => name),
    drain: drains(pods, serving, { policy, moment, needed, memory }),
    remove: removals(pods.filter((pod) => !back.includes(pod)), policy, moment),
    needed,
    memory,
  };
}

/**
 * Pods that are needed now, and what is remembered of it. Calls of pods that drain count too: as they end, others come in their
 * place, to those that take calls.
 */
function need(pods: readonly MediaPod[], policy: Policy, { tick, leadMs }: Moment, before: Memory): { needed: number; memory: Memory } {
  const [silent, telling] = [pods.filter(isSilent), pods.filter(({ load }) => load)];
  const known = { calls: sum(telling, ({ load }) => load?.calls ?? 0), units: sum(telling, units) };
  const seen = silent.length > 0 ? { ...before, since: Math.min(before.since, tick) } : remember(before, tick, known);
  // Of one that does not tell the worst is assumed.
  const used = known.units + silent.length * policy.callsPerPod;
  const needed = podsFor(used + (growth(seen) * leadMs) / 1000, policy);
  return { needed, memory: needing(seen, tick, needed, policy.quietMs) };
}

/** Whether a pod may have calls and does not tell how many: one that no proxy was to use has none. */
const isSilent = ({ health, isTakenIn, load }: MediaPod): boolean => !load && isTakenIn && (health === 'ready' || health === 'leaving');

/** Why a pod has to be replaced; undefined where it may stay. */
function hasToGo({ isCurrent, isCordoned }: MediaPod, { isPaused }: Policy): DrainReason | undefined {
  if (isCordoned) return 'NodeCordoned';
  return isCurrent || isPaused ? undefined : 'Outdated';
}

/** Those that may stay after all take calls again before others are made: the fullest first, since they would be there longest. */
function undrain(pods: readonly MediaPod[], missing: number): MediaPod[] {
  const able = pods.filter(({ health, drain, isCurrent, isCordoned }) => health === 'ready' && drain && isCurrent && !isCordoned);
  return able.toSorted((a, b) => units(b) - units(a) || byName(a, b)).slice(0, Math.max(0, missing));
}

interface Wish {
  policy: Policy;
  moment: Moment;
  needed: number;
  memory: Memory;
}

/** One at a time, and the next only when every proxy has heard of the last one: what is needed must be there without it. */
function drains(pods: readonly MediaPod[], serving: readonly MediaPod[], { policy, moment, needed, memory }: Wish): Plan['drain'] {
  if (pods.some(({ drain, isOffered, health }) => drain && isOffered && health !== 'leaving')) return [];
  const ready = serving.filter((pod) => stateOf(pod) === 'Ready');
  const able = ready.filter(({ isOffered, load }) => isOffered && load);
  // A counter that is missing may hide anything.
  if (able.length !== ready.length) return [];
  const [going] = able.filter((pod) => hasToGo(pod, policy)).toSorted(byCost);
  const reason = going && hasToGo(going, policy);
  if (reason) return able.length > needed ? [{ name: going.name, reason }] : [];
  const isQuiet = moment.tick - memory.since >= policy.quietMs;
  if (!isQuiet || able.length <= Math.max(peakOf(memory), policy.minPods)) return [];
  const [emptiest] = able.toSorted(byCost);
  return emptiest ? [{ name: emptiest.name, reason: 'ScaleIn' }] : [];
}

function removals(pods: readonly MediaPod[], { drainTimeoutMs }: Policy, { time }: Moment): Plan['remove'] {
  const isDue = (pod: MediaPod): boolean => pod.health === 'ended' || stateOf(pod) === 'Empty' || (pod.drain !== undefined && time - pod.drain.since >= drainTimeoutMs);
  return pods.filter((pod) => pod.health !== 'leaving' && isDue(pod)).map(({ name, load, health }) => ({ name, calls: health === 'ended' ? 0 : (load?.calls ?? 0) }));
}

const sum = (pods: readonly MediaPod[], of: (pod: MediaPod) => number): number => pods.reduce((total, pod) => total + of(pod), 0);
const units = ({ load }: MediaPod): number => load?.units ?? 0;
const byName = (a: MediaPod, b: MediaPod): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
/** The emptiest first; of two the younger. */
const byCost = (a: MediaPod, b: MediaPod): number => units(a) - units(b) || b.createdAt - a.createdAt || byName(a, b);
