// SPDX-License-Identifier: Apache-2.0
// What a gateway's events say of its media pods. Without times and counts that change by themselves, but for the calls at that moment.
import type { EventNote } from '../../kube/event.ts';
import { DRAIN_REASONS, type MediaPod } from '../../scaling/pod.ts';
import type { Plan } from '../../scaling/decide.ts';
import type { Policy } from '../../scaling/policy.ts';

export type MediaEvent = Pick<EventNote, 'type' | 'reason' | 'note'>;

const calls = (count: number): string => (count === 1 ? '1 call' : `${count} calls`);

/** Which pods were made, and why. */
export function scaledOut(created: readonly string[], { needed }: Plan, { maxPods }: Policy): MediaEvent {
  const limit = needed >= maxPods ? ', which is the most that spec.media.maxPods allows' : '';
  return { type: 'Normal', reason: 'MediaScaledOut', note: `made ${created.join(', ')}: ${needed} media ${needed === 1 ? 'pod is' : 'pods are'} needed${limit}` };
}

export const draining = ({ name, reason }: Plan['drain'][number], load: MediaPod['load']): MediaEvent =>
  ({ type: 'Normal', reason: 'MediaDraining', note: `${name} takes no new calls, as ${DRAIN_REASONS[reason]}; ${load?.calls ? `it keeps its ${calls(load.calls)}` : 'it has none'}` });

export const takenBack = (name: string): MediaEvent => ({ type: 'Normal', reason: 'MediaTakenBack', note: `${name} takes calls again, since more media pods are needed` });

export function removed({ name, calls: cut }: Plan['remove'][number], health: MediaPod['health']): MediaEvent {
  if (health === 'ended') return { type: 'Warning', reason: 'MediaFailed', note: `${name} has ended or never came up, and is deleted` };
  if (cut > 0) return { type: 'Warning', reason: 'MediaCallsCut', note: `${name} is deleted with ${calls(cut)}: it waited for their end as long as spec.media.drainTimeout allows` };
  return { type: 'Normal', reason: 'MediaRemoved', note: `${name} has no calls any more and is deleted` };
}

export const unknownRollout = (problem: string): MediaEvent => ({ type: 'Warning', reason: 'MediaRolloutUnknown', note: problem });
