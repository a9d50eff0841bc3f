// SPDX-License-Identifier: Apache-2.0
import { millisecondsOf } from '../../api/duration.ts';
import type { SipGateway } from '../../api/sipgateway.ts';
import { ROLLOUT_ANNOTATION } from '../../resources/names.ts';
import type { Policy } from '../../scaling/policy.ts';

/** One more than is needed, while others are replaced. */
const SURGE = 1;

export function policyOf({ metadata: { annotations }, spec: { media } }: SipGateway): Policy {
  const { minPods, maxPods, callsPerPod, freeCapacity, scaleInAfter, drainTimeout } = media;
  return {
    minPods,
    maxPods,
    callsPerPod,
    free: typeof freeCapacity === 'number' ? { units: freeCapacity } : { share: Number.parseInt(freeCapacity, 10) / 100 },
    quietMs: millisecondsOf(scaleInAfter),
    drainTimeoutMs: millisecondsOf(drainTimeout),
    surge: SURGE,
    isPaused: annotations?.[ROLLOUT_ANNOTATION] === 'paused',
  };
}

/** What is wrong with how a rollout is to be paused; undefined where nothing is. */
export function rolloutProblem({ metadata: { annotations } }: Pick<SipGateway, 'metadata'>): string | undefined {
  const asked = annotations?.[ROLLOUT_ANNOTATION];
  return asked === undefined || asked === 'paused' ? undefined : `${ROLLOUT_ANNOTATION} is "${asked}", which changes nothing: write "paused", or take it off with ${ROLLOUT_ANNOTATION}-`;
}
