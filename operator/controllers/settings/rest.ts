// SPDX-License-Identifier: Apache-2.0
// When to look again, at Meta and at what is needed to ask it.
import type { Verdict } from '../../api/conditions.ts';
import type { GraphError } from '../../meta/errors.ts';

/** What only a person at Meta can change is looked at this often. */
export const SLOW_RECHECK_MS = 3_600_000;
/** A place in line at Meta's limits is asked about again at least this often, since it may come sooner. */
export const LINE_MS = 10_000;

/** Whoever was refused a Secret looks again this often: nobody tells us of new rights. */
export const FORBIDDEN_RECHECK_MS = 10_000;
/** One that may only seem closed, to a starting API server, is asked for again after this long. */
export const SOON_MS = 1000;

/** What a queue makes of a rest: where only a change helps, no appointment. */
export const toPause = (rest: number): number | undefined => (rest === Infinity ? undefined : rest);

/** When to look again after a Secret could not be read, in milliseconds: one that appears is noticed, a right is not. */
export const restAfterVerdict = ({ reason }: Verdict): number => (reason === 'SecretForbidden' ? FORBIDDEN_RECHECK_MS : Infinity);

/** How long Meta is left alone after a refusal, in milliseconds. */
export function restAfter({ kind, retryAfterMs }: GraphError): number {
  switch (kind) {
    case 'token':
    case 'invalid':
      return Infinity;
    case 'permission':
    case 'unknown':
    case 'standing':
      return SLOW_RECHECK_MS;
    case 'throttled':
      return retryAfterMs ?? LINE_MS;
    case 'unavailable':
      return 0;
  }
}
