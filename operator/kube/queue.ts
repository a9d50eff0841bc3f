// SPDX-License-Identifier: Apache-2.0
import { backoff, type BackoffLimits } from './backoff.ts';
import { aborted, systemClock, type Clock, type Random } from './clock.ts';

/** What is to be worked on: one object, by kind and key. */
export interface Item {
  readonly kind: string;
  readonly key: string;
}

/**
 * Works on one item. Resolves with the milliseconds after which to be called again, or nothing to rest; throwing backs
 * off. Each run decides anew when the next one is due: an earlier appointment is forgotten when a run starts.
 */
export type Work = (item: Item, signal: AbortSignal) => Promise<number | void>;

/** Told what a queue goes through; the metrics listen here. Seconds throughout. */
export interface QueueObserver {
  added?(kind: string): void;
  started?(kind: string, waitedSeconds: number): void;
  finished?(kind: string, tookSeconds: number): void;
  failed?(item: Item, error: unknown, failures: number, retryMs: number): void;
}

export interface QueueOptions {
  readonly work: Work;
  /** Items in work at the same time. */
  readonly concurrency?: number;
  readonly backoff?: BackoffLimits;
  readonly observer?: QueueObserver;
  readonly clock?: Clock;
  readonly random?: Random;
}

const CONCURRENCY = 8;
/** After so many runs timers and sockets have their turn: thousands that wait for nothing would cost a leader its lease. */
const UNBROKEN = 50;
const BACKOFF: BackoffLimits = { baseMs: 50, maxMs: 300_000 };

/** All that is known of an item that waits, works, failed or has an appointment. */
interface Entry {
  readonly item: Item;
  /** When it was added; undefined while nothing asks for a run. */
  wantedAt: number | undefined;
  startedAt: number | undefined;
  /** Whether its next run comes before those of others of its kind. */
  isFirst: boolean;
  failures: number;
  appointment: { readonly at: number; readonly cancel: () => void } | undefined;
}

/**
 * Keyed work queue. Many adds of one item before its run are one run; an item is never worked on twice at once; one
 * added while in work runs once more afterwards. Kinds take turns, so that a flood of one does not hold up the others;
 * within a kind those that somebody waits for can be had first.
 * Adds are kept from the start, and worked on once `run` is called.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** Items ready to run, by kind; the kind at the front is next. One that was put first later stands in both lines of it. */
  readonly #ready = new Map<string, { first: Entry[]; others: Entry[] }>();
  readonly #stopping = new AbortController();
  /** Runs that have ended since others last had their turn. */
  #ended = 0;
  #running = false;
  #active = 0;
  #drained = Promise.withResolvers<void>();

  constructor(options: QueueOptions) {
    const { concurrency = CONCURRENCY } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new Error(`concurrency must be a whole number above 0, not ${concurrency}`);
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** How many items are ready to run, for each kind ever seen. */
  depths(): ReadonlyMap<string, number> {
    return new Map([...this.#ready].map(([kind, { first, others }]) => [kind, new Set([...first, ...others].filter(isWaiting)).size]));
  }

  /** Milliseconds that the longest run so far of those in work has taken; 0 when nothing is in work. */
  longestRunMs(): number {
    const starts = [...this.#entries.values()].flatMap((entry) => entry.startedAt ?? []);
    return starts.length === 0 ? 0 : this.#clock.now() - Math.min(...starts);
  }

  /** Asks for a run as soon as possible, before all others of the item's kind where `first`. */
  add(item: Item, { first = false } = {}): void {
    if (this.#stopping.signal.aborted) return;
    this.#want(this.#entry(item), first);
    this.#pump();
  }

  /** Asks for a run in `ms` milliseconds at the latest; of several such wishes the earliest holds. */
  addAfter(item: Item, ms: number): void {
    if (this.#stopping.signal.aborted) return;
    const entry = this.#entry(item);
    const at = this.#clock.now() + ms;
    if (entry.appointment && entry.appointment.at <= at) return;
    entry.appointment?.cancel();
    const cancel = this.#clock.after(ms, () => {
      entry.appointment = undefined;
      this.add(item);
    });
    entry.appointment = { at, cancel };
  }

  /** Works until the signal aborts, then starts nothing more and resolves when the runs in progress have ended. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running || this.#stopping.signal.aborted) throw new Error('a work queue runs only once');
    this.#running = true;
    this.#pump();
    await aborted(signal);
    this.#stopping.abort();
    for (const { appointment } of this.#entries.values()) appointment?.cancel();
    this.#ready.clear();
    if (this.#active > 0) await this.#drained.promise;
    this.#entries.clear();
  }

  #entry(item: Item): Entry {
    const id = `${item.kind} ${item.key}`;
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = { item, wantedAt: undefined, startedAt: undefined, isFirst: false, failures: 0, appointment: undefined };
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #want(entry: Entry, first: boolean): void {
    const isWanted = entry.wantedAt !== undefined;
    if (isWanted && (entry.isFirst || !first)) return;
    if (!isWanted) this.#options.observer?.added?.(entry.item.kind);
    entry.wantedAt ??= this.#clock.now();
    entry.isFirst ||= first;
    if (entry.startedAt === undefined) this.#makeReady(entry);
  }

  #makeReady(entry: Entry): void {
    const lines = this.#ready.get(entry.item.kind) ?? { first: [], others: [] };
    this.#ready.set(entry.item.kind, lines);
    (entry.isFirst ? lines.first : lines.others).push(entry);
  }

  /** The next item of the kind whose turn it is; that kind then goes to the back. */
  #next(): Entry | undefined {
    for (const [kind, lines] of this.#ready) {
      const entry = take(lines.first) ?? take(lines.others);
      if (entry) {
        this.#ready.delete(kind);
        this.#ready.set(kind, lines);
        return entry;
      }
    }
    return undefined;
  }

  #pump(): void {
    const { concurrency = CONCURRENCY } = this.#options;
    while (this.#running && !this.#stopping.signal.aborted && this.#active < concurrency && this.#ended < UNBROKEN) {
      const entry = this.#next();
      if (!entry) return;
      void this.#runOne(entry);
    }
  }

  async #runOne(entry: Entry): Promise<void> {
    const { work, observer } = this.#options;
    const { kind } = entry.item;
    const started = this.#clock.now();
    observer?.started?.(kind, (started - (entry.wantedAt ?? started)) / 1000);
    entry.appointment?.cancel();
    entry.appointment = undefined;
    entry.wantedAt = undefined;
    entry.isFirst = false;
    entry.startedAt = started;
    this.#active += 1;
    try {
      const again = await work(entry.item, this.#stopping.signal);
      entry.failures = 0;
      if (typeof again === 'number') this.addAfter(entry.item, again);
    } catch (error) {
      this.#retry(entry, error);
    }
    observer?.finished?.(kind, (this.#clock.now() - started) / 1000);
    this.#finish(entry);
  }

  #retry(entry: Entry, error: unknown): void {
    // A run that failed because we are stopping is not a failure of its item.
    if (this.#stopping.signal.aborted) return;
    entry.failures += 1;
    const pauseMs = Math.min(msOf(error, 'retryWithinMs') ?? Infinity, backoff(entry.failures, this.#options.backoff ?? BACKOFF, this.#random));
    const retryMs = Math.max(msOf(error, 'retryAfterMs') ?? 0, pauseMs);
    this.#options.observer?.failed?.(entry.item, error, entry.failures, retryMs);
    this.addAfter(entry.item, retryMs);
  }

  #finish(entry: Entry): void {
    entry.startedAt = undefined;
    this.#active -= 1;
    if (this.#stopping.signal.aborted) {
      if (this.#active === 0) this.#drained.resolve();
      return;
    }
    if (entry.wantedAt !== undefined) this.#makeReady(entry);
    // Nothing to remember: let it go, so that the queue holds no trace of objects long deleted.
    else if (!entry.appointment) this.#entries.delete(`${entry.item.kind} ${entry.item.key}`);
    this.#ended += 1;
    if (this.#ended === UNBROKEN) setImmediate(() => this.#goOn());
    this.#pump();
  }

  #goOn(): void {
    this.#ended = 0;
    this.#pump();
  }
}

const isWaiting = ({ wantedAt, startedAt }: Entry): boolean => wantedAt !== undefined && startedAt === undefined;

/** The first of a line that still waits. */
function take(line: Entry[]): Entry | undefined {
  let entry = line.shift();
  while (entry && !isWaiting(entry)) entry = line.shift();
  return entry;
}

/** Any error may say how long its cause asked us to stay away, or when it is over at the latest. */
function msOf(error: unknown, field: 'retryAfterMs' | 'retryWithinMs'): number | undefined {
  const ms: unknown = typeof error === 'object' && error !== null && field in error ? Reflect.get(error, field) : undefined;
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined;
}
