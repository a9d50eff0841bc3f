// SPDX-License-Identifier: Apache-2.0
// How long Meta is left alone.
import type { GraphError } from '../../meta/errors.ts';

/** What only a person at Meta can change is looked at this often. */
export const SLOW_RECHECK_MS = 3_600_000;
/** A place in line at Meta's limits is asked about again at least this often, since it may come sooner. */
export const LINE_MS = 10_000;

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
