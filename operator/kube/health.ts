// SPDX-License-Identifier: Apache-2.0
import { systemClock, type Clock } from './clock.ts';
import type { Reflector } from './reflector.ts';
import type { WorkQueue } from './queue.ts';

/** A question asked by a probe: undefined is a good answer, a sentence says what is wrong. */
export interface Check {
  readonly name: string;
  readonly problem: () => string | undefined;
}

/** Five bookmark periods. */
const STILL_MS = 300_000;
/** No single run of a queue may take longer: every call in it has a time limit far below. */
const STUCK_MS = 600_000;

/**
 * Fails only when no watch has moved for five minutes. An attempt that fails is a move: while the API server is away a
 * restart cannot help, and one would come for every process at once.
 */
export function watchesMove(
  reflectors: readonly Pick<Reflector<unknown>, 'movedAt'>[],
  clock: Clock = systemClock,
): Check {
  return {
    name: 'watches',
    problem: () => {
      const still = Math.min(...reflectors.map((reflector) => clock.now() - reflector.movedAt));
      return reflectors.length > 0 && still > STILL_MS
        ? `no watch has moved for ${Math.round(still / 1000)} s`
        : undefined;
    },
  };
}

/** Fails when a run of the queue takes longer than any run may. */
export function queueMoves(queue: Pick<WorkQueue, 'longestRunMs'>): Check {
  return {
    name: 'queue',
    problem: () => {
      const took = queue.longestRunMs();
      return took > STUCK_MS ? `a reconcile has not ended for ${Math.round(took / 1000)} s` : undefined;
    },
  };
}

/** Fails until every reflector has its first list. */
export function cachesSynced(reflectors: readonly Pick<Reflector<unknown>, 'hasSynced' | 'kind'>[]): Check {
  return {
    name: 'caches',
    problem: () => {
      const missing = reflectors.filter((reflector) => !reflector.hasSynced).map((reflector) => reflector.kind.plural);
      return missing.length > 0 ? `not yet read from the API server: ${missing.join(', ')}` : undefined;
    },
  };
}
