// SPDX-License-Identifier: Apache-2.0
// How many calls are to be expected, by how many there were.

/** What was seen at a time, in milliseconds of a clock that never goes back. */
interface Sample {
  at: number;
  calls: number;
  units: number;
}

/** What a pool remembers between two looks. */
export interface Memory {
  /** Of the last minute, the oldest first. */
  samples: readonly Sample[];
  /** Pods that were needed, each until more were; the oldest first. With it the highest of a span is known without all that it had. */
  peaks: readonly { at: number; pods: number }[];
  /** When the first look was. */
  since: number;
}

export const NO_MEMORY: Memory = { samples: [], peaks: [], since: Infinity };

/** Growth is judged by what came within these spans. */
const SPANS_MS = [5_000, 20_000, 60_000];
const LONGEST_MS = Math.max(...SPANS_MS);

/** Another sample; a clock that has gone back starts anew. */
export function remember({ samples, ...memory }: Memory, at: number, seen: Omit<Sample, 'at'>): Memory {
  const last = samples.at(-1);
  const isNext = last && last.at < at && at - last.at <= LONGEST_MS;
  const past = isNext ? samples.slice(samples.findIndex((sample) => at - sample.at <= LONGEST_MS)) : [];
  past.push({ at, ...seen });
  return { ...memory, since: Math.min(memory.since, at), samples: past };
}

/**
 * Units by which calls grow in a second, judged by the span in which they grew fastest. What may be chance is taken off: of
 * arrivals that have nothing to do with each other, twice the root of their number.
 */
export function growth({ samples }: Memory): number {
  const last = samples.at(-1);
  if (!last || last.calls === 0) return 0;
  const each = last.units / last.calls;
  const rates = SPANS_MS.map((span) => {
    const first = samples.find(({ at }) => last.at - at <= span) ?? last;
    const more = Math.max(0, last.units - first.units);
    return (more - 2 * Math.sqrt(more * each)) / (span / 1000);
  });
  return Math.max(0, ...rates);
}

/** Takes in how many pods are needed now. */
export function needing({ peaks, ...memory }: Memory, at: number, pods: number, quietMs: number): Memory {
  const higher = peaks.filter((peak) => peak.pods > pods && at - peak.at <= quietMs && peak.at <= at);
  return { ...memory, peaks: [...higher, { at, pods }] };
}

/** The most pods that were needed at any time in the span that {@link needing} was told of. */
export const peakOf = ({ peaks }: Memory): number => peaks[0]?.pods ?? Infinity;
