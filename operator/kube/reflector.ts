// SPDX-License-Identifier: Apache-2.0
import { backoff, type BackoffLimits } from './backoff.ts';
import { sleep, systemClock, type Clock, type Random } from './clock.ts';
import type { KubeClient, Selection } from './client.ts';
import type { Decode } from './decode.ts';
import { KubeError } from './errors.ts';
import { keyOf } from './objects.ts';
import type { ResourceKind } from './resource.ts';
import { Replica, type Change } from './replica.ts';
import type { IndexFunction } from './store.ts';

/** Told what a reflector goes through; the metrics listen here. */
export interface ReflectorObserver {
  /** A list was read, with this many objects. */
  listed?(kind: string, objects: number): void;
  /** A watch delivered an event or a bookmark. */
  event?(kind: string, type: string): void;
  /** A list or watch failed; it goes on after `retryMs` milliseconds. */
  failed?(kind: string, error: unknown, retryMs: number): void;
  /** A subscriber threw. */
  threw?(kind: string, key: string, error: unknown): void;
}

export interface ReflectorOptions<T> {
  readonly client: KubeClient;
  readonly kind: ResourceKind;
  readonly decode: Decode<T>;
  /** Namespaces to follow; all of them, or the cluster, where not given. */
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  readonly observer?: ReflectorObserver;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Pauses after failures. */
  readonly retry?: BackoffLimits;
  /** Milliseconds of silence after which a watch counts as cut. */
  readonly idleMs?: number;
}

/** Refused connections are cheap, and a stale cache is not: after an outage we are back within seconds. */
const RETRY = { baseMs: 200, maxMs: 3_000 };
/** The server ends a watch after this long, plus up to a fifth, so that not all end at once. */
const WATCH_SECONDS = 240;
/** A watch that ended sooner than this, and said nothing, was turned away; after a longer one failures count anew. */
const SHORT_WATCH_MS = 5_000;

/**
 * Whether a watch cannot go on from its version: it was compacted away, is from a restored server's future, or was
 * refused.
 */
function needsList(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  if (error.code === 504 && error.message.includes('Too large resource version')) return true;
  return error.code >= 400 && error.code < 500 && error.code !== 429;
}

/**
 * How long to wait after a failure. An overloaded server (429) is obeyed; one that is starting (503) asks for five
 * seconds although it is ready much sooner.
 */
function retryMs(error: unknown, failures: number, limits: BackoffLimits, random: Random): number {
  const asked = error instanceof KubeError && error.code === 429 ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, backoff(failures, limits, random));
}

/**
 * List-then-watch that never gives up. It keeps a local copy of a kind, and tells of every change, also of those that
 * happened while the API server was away. Cut connections back off and go on from the version reached; a version that
 * is gone lists anew.
 */
export class Reflector<T> {
  readonly kind: ResourceKind;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #replica: Replica<T>;
  readonly #unsynced: Set<string | undefined>;
  readonly #synced = Promise.withResolvers<void>();
  #movedAt: number;

  constructor(options: ReflectorOptions<T>) {
    this.kind = options.kind;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#replica = new Replica(options.decode, options.indexes ?? {}, (key, error) => {
      options.observer?.threw?.(this.kind.kind, key, error);
    });
    this.#unsynced = new Set(options.namespaces ?? [undefined]);
    if (this.#unsynced.size === 0) this.#synced.resolve();
    this.#movedAt = this.#clock.now();
  }

  /** Resolves once every namespace was listed; never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#unsynced.size === 0;
  }

  /** When (by the clock's `now`) anything last happened: an event, a bookmark, a list, or an attempt that failed. */
  get movedAt(): number {
    return this.#movedAt;
  }

  get size(): number {
    return this.#replica.objects.size;
  }

  get(key: string): T | undefined {
    return this.#replica.objects.get(key);
  }

  /** All objects that decode, in the order of their keys. */
  list(): T[] {
    return this.#replica.objects.list();
  }

  /** The objects an index function put under a value, in the order of their keys. */
  byIndex(index: string, value: string): T[] {
    return this.#replica.objects.byIndex(index, value);
  }

  /** Why the object under a key does not decode; undefined where it does, or is not there. */
  undecodable(key: string): string | undefined {
    return this.#replica.undecodable(key);
  }

  /**
   * Calls `handler` for every change from now on, after one for each object already there. Returns how to stop that.
   */
  subscribe(handler: (change: Change<T>) => void): () => void {
    return this.#replica.subscribe(handler);
  }

  /** Lists and watches until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...new Set(this.#options.namespaces ?? [undefined])].map((namespace) => this.#follow(namespace, signal)),
    );
  }

  async #follow(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const listing = version === undefined;
      const startedAt = this.#clock.now();
      try {
        version ??= await this.#list(namespace, signal);
        for await (const reached of this.#watch(namespace, version, signal)) {
          version = reached;
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        failures = this.#clock.now() - startedAt > SHORT_WATCH_MS ? 1 : failures + 1;
        // A version reached earlier may well be gone: list at once. One that was listed just now should not be.
        const anew = needsList(error);
        if (anew) version = undefined;
        await this.#pause(error, anew && !listing ? 0 : retryMs(error, failures, this.#options.retry ?? RETRY, this.#random), signal);
      }
    }
  }

  #selection(namespace: string | undefined): Selection {
    const { labelSelector, fieldSelector, metadataOnly } = this.#options;
    return { namespace, labelSelector, fieldSelector, metadataOnly };
  }

  async #list(namespace: string | undefined, signal: AbortSignal): Promise<string> {
    const { client, observer } = this.#options;
    const { items, resourceVersion } = await client.list(this.kind, this.#selection(namespace), { signal });
    this.#movedAt = this.#clock.now();
    this.#replica.replace(namespace, items);
    this.#unsynced.delete(namespace);
    if (this.hasSynced) this.#synced.resolve();
    observer?.listed?.(this.kind.kind, items.length);
    return resourceVersion;
  }

  /** One watch; yields the version after each event. */
  async *#watch(namespace: string | undefined, version: string, signal: AbortSignal): AsyncGenerator<string> {
    const { client, observer, idleMs } = this.#options;
    const started = this.#clock.now();
    let silent = true;
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + this.#random() / 5));
    const options = { ...this.#selection(namespace), resourceVersion: version, signal, timeoutSeconds };
    for await (const event of client.watch(this.kind, { ...options, ...(idleMs === undefined ? {} : { idleMs }) })) {
      silent = false;
      this.#movedAt = this.#clock.now();
      if (event.type === 'DELETED') this.#replica.remove(keyOf(event.object.metadata));
      else if (event.type !== 'BOOKMARK') this.#replica.put(event.object);
      observer?.event?.(this.kind.kind, event.type);
      yield event.resourceVersion;
    }
    this.#movedAt = this.#clock.now();
    if (silent && this.#clock.now() - started < SHORT_WATCH_MS) {
      throw new KubeError({
        code: 0,
        reason: 'Unreachable',
        message: `the watch of ${this.kind.plural} ended at once`,
      });
    }
  }

  async #pause(error: unknown, ms: number, signal: AbortSignal): Promise<void> {
    this.#movedAt = this.#clock.now();
    this.#options.observer?.failed?.(this.kind.kind, error, ms);
    await sleep(this.#clock, ms, signal);
  }
}

/** Resolves true once all reflectors have their first list, false when the signal aborts before that. */
export async function whenSynced(
  reflectors: readonly Pick<Reflector<unknown>, 'synced'>[],
  signal: AbortSignal,
): Promise<boolean> {
  const stop = Promise.withResolvers<void>();
  const abort = (): void => stop.resolve();
  if (signal.aborted) return false;
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([stop.promise, Promise.all(reflectors.map((reflector) => reflector.synced))]);
  signal.removeEventListener('abort', abort);
  return !signal.aborted;
}
