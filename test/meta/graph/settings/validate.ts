// SPDX-License-Identifier: Apache-2.0
// Validation of a settings write, with the causes Meta's documents list.
import { invalidParameter } from '../errors.ts';
import { parseOrRefuse } from '../parse.ts';
import { type CallHours, type SettingsUpdate, settingsSchema } from './schema.ts';

/** Reads a body. Throws GraphError 100 whose details name the field and what is wrong with it. */
export function parseUpdate(body: unknown, now: Date): SettingsUpdate {
  const update = parseOrRefuse(settingsSchema, body);
  const named = Object.keys(update);
  if (named.length !== 1) {
    const groups = Object.keys(settingsSchema.shape).join(', ');
    throw invalidParameter(`A request sets one feature group of ${groups}; this one names ${named.join(', ') || 'none'}`);
  }
  if (update.calling?.call_hours) checkHours(update.calling.call_hours, now);
  return update;
}

function checkHours(hours: CallHours, now: Date): void {
  const weekly = hours.weekly_operating_hours.map((entry) => ({
    group: entry.day_of_week, from: entry.open_time, to: entry.close_time,
  }));
  const holidays = hours.holiday_schedule.map((entry) => ({
    group: entry.date, from: entry.start_time, to: entry.end_time,
  }));
  checkSpans('weekly_operating_hours', weekly);
  checkSpans('holiday_schedule', holidays);
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: hours.timezone_id }).format(now);
  const past = hours.holiday_schedule.find((entry) => entry.date < today);
  if (past) throw invalidParameter(`date ${past.date} in holiday_schedule is in the past`);
}

interface Span {
  readonly group: string;
  readonly from: string;
  readonly to: string;
}

function checkSpans(field: string, spans: readonly Span[]): void {
  for (const [group, entries] of Map.groupBy(spans, (span) => span.group)) {
    if (entries.length > 2) throw invalidParameter(`${field} has more than 2 entries for ${group}`);
    const wrong = entries.find((entry) => entry.from >= entry.to);
    if (wrong) throw invalidParameter(`${field}: ${wrong.from} is not before ${wrong.to} on ${group}`);
    const [first, second] = entries.toSorted((a, b) => a.from.localeCompare(b.from));
    if (first && second && second.from < first.to) {
      throw invalidParameter(`${field} has overlapping entries for ${group}`);
    }
  }
}
