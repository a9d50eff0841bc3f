// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../kube/client.ts';
import { aborted, type Clock } from '../../kube/clock.ts';
import { decodeWith } from '../../kube/decode.ts';
import { isForbidden, KubeError } from '../../kube/errors.ts';
import { Reflector, type ReflectorObserver } from '../../kube/reflector.ts';
import type { Change } from '../../kube/replica.ts';
import * as kinds from './kinds.ts';
import { secret as secretSchema, secretHead, type Secret, type SecretHead } from './observed.ts';

/** An API server that is just starting forbids everything; after this long it means it. */
const PATIENCE_MS = 10_000;

/** A Secret that stays closed to us is asked for ever less often. */
const RETRY = { baseMs: 200, maxMs: 10_000 };

/** A refusal that may pass by itself; later than in `retryWithinMs` it need not be asked again. */
export class PendingRefusal extends KubeError {
  readonly retryWithinMs: number;

  constructor(refusal: KubeError, retryWithinMs: number) {
    super({ code: refusal.code, reason: refusal.reason, message: refusal.message, cause: refusal });
    this.retryWithinMs = retryWithinMs;
  }
}

export interface NamedSecretsOptions {
  client: KubeClient;
  namespace: string;
  clock: Clock;
  observer?: ReflectorObserver;
}

interface Followed {
  reflector: Reflector<SecretHead>;
  /** How many objects name it. */
  users: number;
  /** Whether the API server refuses us the last list or watch. */
  isClosed: boolean;
  stop: AbortController;
}

/**
 * Follows the Secrets that somebody names, each by a watch of its own and by its metadata only: rights to them can then be
 * given by name, and all others stay closed.
 */
export class NamedSecrets {
  readonly #options: NamedSecretsOptions;
  readonly #followed = new Map<string, Followed>();
  /** Since when the API server refuses us a Secret. */
  readonly #refused = new Map<string, number>();
  readonly #handlers = new Set<(name: string, change: Change<SecretHead>) => void>();
  readonly #running = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: NamedSecretsOptions) {
    this.#options = options;
  }

  /** Calls `handler` for every change from now on. */
  subscribe(handler: (name: string, change: Change<SecretHead>) => void): void {
    this.#handlers.add(handler);
  }

  /** Metadata of a Secret; undefined where there is none, nobody named it, or we may not see it any more. */
  get(name: string): SecretHead | undefined {
    const followed = this.#followed.get(name);
    return followed?.isClosed ? undefined : followed?.reflector.get(`${this.#options.namespace}/${name}`);
  }

  /**
   * A Secret with its content, from the API server; undefined where there is none, null where we may not read it.
   * @throws KubeError where that cannot be told now
   */
  async read(name: string): Promise<Secret | undefined | null> {
    const { client, namespace, clock } = this.#options;
    try {
      const found = await client.find(kinds.SECRET, { namespace, name });
      this.#refused.delete(name);
      return found && secretSchema.parse(found);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      const since = this.#refused.get(name) ?? clock.now();
      this.#refused.set(name, since);
      const leftMs = since + PATIENCE_MS - clock.now();
      if (leftMs > 0) throw new PendingRefusal(error, leftMs);
      return null;
    }
  }

  /** One more object names these Secrets. */
  follow(names: readonly string[]): void {
    for (const name of names) {
      const followed = this.#followed.get(name) ?? this.#begin(name);
      followed.users += 1;
    }
  }

  /** One object less names these Secrets; who is named by none is followed no more. */
  leave(names: readonly string[]): void {
    for (const name of names) {
      const followed = this.#followed.get(name);
      if (!followed) continue;
      followed.users -= 1;
      if (followed.users > 0) continue;
      followed.stop.abort();
      this.#followed.delete(name);
      this.#refused.delete(name);
      // Nobody needs to remember what it holds.
      this.#tell(name, { type: 'delete', key: `${this.#options.namespace}/${name}`, old: undefined });
    }
  }

  /** Follows until the signal aborts, and resolves when every watch has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const followed of this.#followed.values()) this.#start(followed);
    await aborted(signal);
    await Promise.all(this.#running);
  }

  #begin(name: string): Followed {
    const { client, namespace, observer } = this.#options;
    const reflector = new Reflector({
      client,
      kind: kinds.SECRET,
      namespaces: [namespace],
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      decode: decodeWith(secretHead),
      retry: RETRY,
      observer: {
        ...observer,
        listed: (kind, objects) => {
          followed.isClosed = false;
          observer?.listed?.(kind, objects);
        },
        failed: (kind, error, retryMs) => {
          followed.isClosed ||= isForbidden(error);
          observer?.failed?.(kind, error, retryMs);
        },
      },
    });
    reflector.subscribe((change) => this.#tell(name, change));
    const followed: Followed = { reflector, users: 0, isClosed: false, stop: new AbortController() };
    this.#followed.set(name, followed);
    if (this.#signal) this.#start(followed);
    return followed;
  }

  #tell(name: string, change: Change<SecretHead>): void {
    for (const handler of this.#handlers) handler(name, change);
  }

  #start({ reflector, stop }: Followed): void {
    const end = (): void => stop.abort();
    const signal = this.#signal;
    if (signal?.aborted) return;
    signal?.addEventListener('abort', end, { once: true });
    const running = reflector.run(stop.signal).finally(() => {
      signal?.removeEventListener('abort', end);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }
}
