// SPDX-License-Identifier: Apache-2.0
// Hours as the proxy's script reads them: it has a clock, but neither a calendar nor time zones. Pure.
import { Temporal } from 'temporal-polyfill';
import { DAYS } from '../../operator/api/hours.ts';
import type { Hours } from '../../operator/routing/snapshot.ts';

/** From minute on, until minute, both of a day. */
type Span = [number, number];

export interface HoursRow {
  /** Since when, in seconds of the epoch, the zone is how many seconds ahead of UTC. */
  offsets: [number, number][];
  /** By the day of the week, where 0 is Sunday. */
  weekly: Record<string, Span[]>;
  /** By date, as YYYY-MM-DD. */
  holidays: Record<string, Span[]>;
}

/** Longer than a proxy goes without a new version of anything; after that a zone stays as it was. */
const YEARS = 5;

/** @param now since when it must hold */
export function toHoursRow({ timeZone, weekly, holidays }: Hours, now: Date): HoursRow {
  const days = Map.groupBy(weekly, ({ day }) => String((DAYS.indexOf(day) + 1) % DAYS.length));
  const dates = Map.groupBy(holidays, ({ date }) => date);
  return {
    offsets: offsetsOf(timeZone, now),
    weekly: Object.fromEntries([...days].map(([day, spans]) => [day, spans.flatMap(toSpan)])),
    holidays: Object.fromEntries([...dates].map(([date, spans]) => [date, spans.flatMap(toSpan)])),
  };
}

const toSpan = ({ open, close }: { open?: string | undefined; close?: string | undefined }): Span[] =>
  open === undefined || close === undefined ? [] : [[minuteOf(open), minuteOf(close)]];

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Zones that were laid out, as of a time: to find their changes takes milliseconds, and thousands of routes share a zone. */
const laidOut = new WeakMap<Date, Map<string, [number, number][]>>();

function offsetsOf(timeZone: string, now: Date): [number, number][] {
  const known = laidOut.get(now) ?? new Map<string, [number, number][]>();
  laidOut.set(now, known);
  const offsets = known.get(timeZone) ?? layOut(timeZone, now);
  known.set(timeZone, offsets);
  return offsets;
}

function layOut(timeZone: string, now: Date): [number, number][] {
  const start = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone);
  const end = start.add({ years: YEARS });
  const offsets: [number, number][] = [[0, offsetOf(start)]];
  for (let next = start.getTimeZoneTransition('next'); next && Temporal.ZonedDateTime.compare(next, end) < 0; next = next.getTimeZoneTransition('next')) {
    offsets.push([Math.floor(next.epochMilliseconds / 1000), offsetOf(next)]);
  }
  return offsets;
}

const offsetOf = (time: Temporal.ZonedDateTime): number => Math.round(time.offsetNanoseconds / 1e9);
