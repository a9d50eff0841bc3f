// SPDX-License-Identifier: Apache-2.0
// For how long calls of a number are kept with their users' numbers: asked for by one annotation, granted by another. Pure.
import { millisecondsOf } from '../api/duration.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';

export const TRACE = { asked: 'trunkline.dev/trace', until: 'trunkline.dev/traced-until' } as const;

/** Longer is a recording, not a trace. */
export const MOST_MS = 24 * 3_600_000;

/** Whether a trace is asked for or granted: by an annotation, which may be wrong. */
export const mayBeTraced = ({ metadata: { annotations } }: Pick<WhatsAppNumber, 'metadata'>): boolean => [TRACE.asked, TRACE.until].some((name) => annotations?.[name] !== undefined);

/** The end of a trace that is granted, in the form of Date.toISOString; undefined where there is none. */
export function tracedUntil({ metadata }: Pick<WhatsAppNumber, 'metadata'>): string | undefined {
  const text = metadata.annotations?.[TRACE.until];
  return text !== undefined && Number.isFinite(Date.parse(text)) ? text : undefined;
}

/** Milliseconds of a time as `15m`, `90s` or `2h`; undefined where it is none, or longer than a day. */
export function traceLength(asked: string): number | undefined {
  const ms = /^\d{1,6}[smh]$/.test(asked) ? millisecondsOf(asked) : 0;
  return ms > 0 && ms <= MOST_MS ? ms : undefined;
}
