// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

const counts = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });

/** How many tests ended how. */
export type Counts = z.infer<typeof counts>;

/** Reads what the reporter wrote. */
export const parseCounts = (text: string): Counts => counts.parse(JSON.parse(text));

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
export const PASSED: Counts = { ...NONE, passed: 1 };
export const FAILED: Counts = { ...NONE, failed: 1 };
export const SKIPPED: Counts = { ...NONE, skipped: 1 };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The line that says it all, for people and for CI systems that look for it. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
