// SPDX-License-Identifier: Apache-2.0
import { patternString } from './schema.ts';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };

/** A time such as "90s", "10m" or "1h30m". */
export const duration = (description: string) =>
  patternString({ description, pattern: '([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?', message: 'must be a time such as "90s", "10m" or "1h30m"', maxLength: 18 }).min(1);

/** Milliseconds of a {@link duration}; 0 where there is no time in it. */
export const millisecondsOf = (text: string): number => [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0);
