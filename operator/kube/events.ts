// SPDX-License-Identifier: Apache-2.0
import { Allowance } from './allowance.ts';
import { systemClock, type Clock, type Random } from './clock.ts';
import type { KubeClient } from './client.ts';
import { isAlreadyExists, isForbidden, isInvalid, isNotFound } from './errors.ts';
import { countOf, manifestOf, nameOf, refOf, type EventNote } from './event.ts';
import { microTime } from './lease.ts';
import { WorkQueue } from './queue.ts';
import { EVENT } from './resource.ts';

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'mergePatch'>;
  /** Who reports, such as `example.com/controller`. */
  readonly controller: string;
  /** Which instance of it, such as the pod's name. */
  readonly instance: string;
  /** Hears of events that could not be written or were too many; nothing is ever thrown at whoever records. */
  readonly onLost?: (event: EventNote, why: unknown) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A repeated event is written at most this often; the count catches up. */
const REFRESH_MS = 30_000;
/** One object may raise this many different events at once, and one more for every `REFILL_MS`. */
const BURST = 25;
const REFILL_MS = 60_000;
/**
 * All objects together may raise this many different events of a type at once, and then one more for every `TYPE_REFILL_MS`:
 * ten thousand objects that are made in one go must not keep the API server from its work. Their conditions say the same.
 */
const TYPE_BURST = 500;
const TYPE_REFILL_MS = 100;
/** A series without a repeat for this long is forgotten here; the API server keeps the Event for an hour. */
const FORGET_MS = 600_000;
const CALL_MS = 5_000;
const ATTEMPTS = 5;

interface Series {
  readonly event: EventNote;
  readonly first: Date;
  last: Date;
  /** By the monotonic clock; undefined while the API server does not have it. */
  writtenAt: number | undefined;
  /** How often it happened in all, and since the last write. */
  count: number;
  fresh: number;
}

/**
 * Records events without duplicates: the same (object, type, reason, action, note) is one Event whose series counts,
 * also across restarts, because its name is made from those. Events are written in the background; nothing is ever
 * thrown at whoever records.
 *
 * They are written as events.k8s.io/v1 rather than core v1: `kubectl describe` shows both alike (a series as "x5 over
 * 3m"), but only this one is checked when it is written, can change nothing but its series afterwards, and says which
 * action was taken.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #series = new Map<string, Series>();
  readonly #allowance: Allowance;
  readonly #types: Allowance;
  #stopped = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#allowance = new Allowance(this.#clock, { burst: BURST, refillMs: REFILL_MS });
    this.#types = new Allowance(this.#clock, { burst: TYPE_BURST, refillMs: TYPE_REFILL_MS });
    this.#queue = new WorkQueue({
      work: ({ key }) => this.#work(key),
      concurrency: 2,
      backoff: { baseMs: 500, maxMs: 30_000 },
      clock: this.#clock,
      ...(options.random ? { random: options.random } : {}),
      observer: { failed: ({ key }, error, failures) => failures >= ATTEMPTS && this.#lose(key, error) },
    });
  }

  /** Notes that something happened. Returns at once; the Event is written by `run`. */
  record(event: EventNote): void {
    const name = nameOf(event, this.#options.controller);
    const known = this.#series.get(name);
    if (this.#stopped) return this.#options.onLost?.(event, new Error('events are no longer recorded: shutting down'));
    const tooMany = known ? undefined : this.#tooMany(name, event);
    if (tooMany) return this.#options.onLost?.(event, new Error(tooMany));
    const now = this.#clock.date();
    const series = known ?? { event, first: now, last: now, writtenAt: undefined, count: 0, fresh: 0 };
    series.last = now;
    series.count += 1;
    series.fresh += 1;
    this.#series.set(name, series);
    const due = series.writtenAt === undefined ? 0 : series.writtenAt + REFRESH_MS - this.#clock.now();
    if (!known || due <= 0) this.#queue.add({ kind: EVENT.kind, key: name });
    else if (series.writtenAt !== undefined) this.#queue.addAfter({ kind: EVENT.kind, key: name }, due);
  }

  /** Why a new event is one too many. */
  #tooMany(name: string, { regarding, type }: EventNote): string | undefined {
    if (!this.#allowance.take(regarding.metadata.uid ?? name)) return `too many different events for one object: ${BURST} at once, then one a minute`;
    if (!this.#types.take(type)) return `too many different events of type ${type}: ${TYPE_BURST} at once, then ${1000 / TYPE_REFILL_MS} a second`;
    return undefined;
  }

  /** Writes events until the signal aborts; then writes what is left, each tried once, and resolves. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#queue.run(signal);
    this.#stopped = true;
    for (const [name, series] of this.#series) {
      if (series.fresh > 0) await this.#write(name, series).catch((error: unknown) => this.#lose(name, error));
    }
    this.#series.clear();
  }

  async #work(name: string): Promise<number | void> {
    const series = this.#series.get(name);
    if (!series) return;
    if (series.fresh === 0) {
      this.#series.delete(name);
      return;
    }
    try {
      await this.#write(name, series);
    } catch (error) {
      // These do not get better by trying again: no right to write, no namespace, not a valid event.
      if (!isForbidden(error) && !isNotFound(error) && !isInvalid(error)) throw error;
      this.#lose(name, error);
      return;
    }
    return series.fresh > 0 ? REFRESH_MS : FORGET_MS;
  }

  async #write(name: string, series: Series): Promise<void> {
    const { fresh } = series;
    if (series.writtenAt === undefined || !(await this.#refresh(name, series))) await this.#create(name, series);
    series.writtenAt = this.#clock.now();
    series.fresh -= fresh;
  }

  /** Writes how often it happened by now. False where the Event has expired. */
  async #refresh(name: string, { event, count, last }: Series): Promise<boolean> {
    const series = { count, lastObservedTime: microTime(last) };
    try {
      await this.#options.client.mergePatch(EVENT, refOf(event, name), { series }, { timeoutMs: CALL_MS });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #create(name: string, series: Series): Promise<void> {
    const { client, controller, instance } = this.#options;
    try {
      await client.create(EVENT, manifestOf(name, series, { controller, instance }), { timeoutMs: CALL_MS });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const there = await client.get(EVENT, refOf(series.event, name), { timeoutMs: CALL_MS });
      // From our life before a restart, unless it is the very one whose creation we did not hear the answer of.
      if (there['eventTime'] !== microTime(series.first)) series.count += countOf(there);
      if (series.count > 1) await this.#refresh(name, series);
    }
  }

  #lose(name: string, error: unknown): void {
    const series = this.#series.get(name);
    this.#series.delete(name);
    if (series) this.#options.onLost?.(series.event, error);
  }
}
