// SPDX-License-Identifier: Apache-2.0
// The only place that makes conditions. Ready, Reconciling and Stalled follow from the others by kstatus' rules.
import type { Reason } from './reasons.ts';
import type { Condition } from './schema.ts';

/**
 * A verdict on one thing; `stalled` says that it stays so until a person changes spec or Secret, `advisory` that the object
 * works all the same, so that Ready does not wait for it.
 */
export interface Verdict {
  status: 'True' | 'False' | 'Unknown';
  reason: Reason;
  message: string;
  stalled?: boolean;
  advisory?: boolean;
}

export const yes = (reason: Reason, message: string): Verdict => ({ status: 'True', reason, message });
export const no = (reason: Reason, message: string): Verdict => ({ status: 'False', reason, message });
export const stalled = (reason: Reason, message: string): Verdict => ({ status: 'False', reason, message, stalled: true });
export const unknown = (reason: Reason, message: string): Verdict => ({ status: 'Unknown', reason, message });
/** The same verdict, as one that Ready does not wait for. */
export const advisory = (verdict: Verdict): Verdict => ({ ...verdict, advisory: true });

/** What a condition list is computed from. */
export interface Judgement {
  generation: number;
  /** Verdicts by condition type, in the order in which a reader should hear of them. */
  verdicts: Record<string, Verdict>;
  /** The sentence of Ready=True. */
  summary: string;
}

/**
 * The condition list: the given verdicts, Ready (the first one that is not True speaks) and, only while true,
 * Reconciling or Stalled. Times move only when a status changes.
 */
export function toConditions(judgement: Judgement, previous: readonly Condition[], now: Date): Condition[] {
  const { generation, verdicts } = judgement;
  const all = Object.entries({ ...verdicts, ...summarise(judgement) });
  return all.map(([type, { status, reason, message }]) => {
    const before = previous.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : isoSeconds(now);
    return { type, status, observedGeneration: generation, lastTransitionTime, reason, message: message.slice(0, 32768) };
  });
}

function summarise({ verdicts, summary }: Judgement): Record<string, Verdict> {
  const open = Object.values(verdicts).filter(({ status, advisory: isAdvice }) => status !== 'True' && !isAdvice);
  const first = open.find((verdict) => verdict.stalled) ?? open[0];
  if (!first) return { Ready: yes('AllGood', summary) };
  const { reason, message } = first;
  return { Ready: no(reason, message), [first.stalled ? 'Stalled' : 'Reconciling']: yes(reason, message) };
}

/** Kubernetes keeps times to the second. */
export const isoSeconds = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Whether two statuses say the same; times do not count, and neither does the order of keys. */
export function sameStatus(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => key !== 'lastTransitionTime' && item !== undefined)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
}
