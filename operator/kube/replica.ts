// SPDX-License-Identifier: Apache-2.0
import type { Decode } from './decode.ts';
import { keyOf, type KubeObject } from './objects.ts';
import { Store, type IndexFunction } from './store.ts';

/** What happened to one object. `old` is what we had of it before, where it decoded. */
export type Change<T> =
  | { readonly type: 'upsert'; readonly key: string; readonly object: T; readonly old: T | undefined }
  | { readonly type: 'delete'; readonly key: string; readonly old: T | undefined }
  | {
      readonly type: 'undecodable';
      readonly key: string;
      readonly raw: KubeObject;
      readonly reason: string;
      readonly old: T | undefined;
    };

/** The object before and after a change, as far as there is one. */
export function versions<T>(change: Change<T>): T[] {
  const after = change.type === 'upsert' ? change.object : undefined;
  return [change.old, after].filter((version) => version !== undefined);
}

/** What is known of an object whether it decodes or not. */
interface Entry {
  readonly namespace: string | undefined;
  readonly uid: string | undefined;
  readonly version: string | undefined;
  readonly broken?: { readonly raw: KubeObject; readonly reason: string };
}

/** The local copy of a kind, and who is told of changes to it. Does no I/O. */
export class Replica<T> {
  readonly objects: Store<T>;
  readonly #decode: Decode<T>;
  readonly #entries = new Map<string, Entry>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #threw: (key: string, error: unknown) => void;

  constructor(
    decode: Decode<T>,
    indexes: Readonly<Record<string, IndexFunction<T>>>,
    threw: (key: string, error: unknown) => void,
  ) {
    this.#decode = decode;
    this.objects = new Store(indexes);
    this.#threw = threw;
  }

  undecodable(key: string): string | undefined {
    return this.#entries.get(key)?.broken?.reason;
  }

  subscribe(handler: (change: Change<T>) => void): () => void {
    // Its own function each time, so that one handler subscribed twice is two subscriptions.
    const own = (change: Change<T>): void => handler(change);
    for (const [key, { broken }] of this.#entries) {
      const object = this.objects.get(key);
      if (broken) this.#tell({ type: 'undecodable', key, ...broken, old: undefined }, [own]);
      else if (object !== undefined) this.#tell({ type: 'upsert', key, object, old: undefined }, [own]);
    }
    this.#handlers.add(own);
    return () => this.#handlers.delete(own);
  }

  /** Takes in an object as the API server has it now. The same version again is no change. */
  put(raw: KubeObject): void {
    const key = keyOf(raw.metadata);
    const { namespace, uid, resourceVersion: version } = raw.metadata;
    const known = this.#entries.get(key);
    if (known && known.uid !== uid) this.remove(key);
    else if (known && known.version === version && version !== undefined) return;
    const old = this.objects.get(key);
    const decoded = this.#decode(raw);
    if (decoded.ok) {
      this.#entries.set(key, { namespace, uid, version });
      this.objects.set(key, decoded.object);
      this.#tell({ type: 'upsert', key, object: decoded.object, old });
    } else {
      const { reason } = decoded;
      this.#entries.set(key, { namespace, uid, version, broken: { raw, reason } });
      this.objects.delete(key);
      this.#tell({ type: 'undecodable', key, raw, reason, old });
    }
  }

  remove(key: string): void {
    if (!this.#entries.delete(key)) return;
    const old = this.objects.get(key);
    this.objects.delete(key);
    this.#tell({ type: 'delete', key, old });
  }

  /** Makes a whole list the truth for a namespace (for everything, where none is given): what it lacks was deleted. */
  replace(namespace: string | undefined, items: readonly KubeObject[]): void {
    const present = new Set(items.map((item) => keyOf(item.metadata)));
    for (const [key, entry] of this.#entries) {
      if (!present.has(key) && (namespace === undefined || entry.namespace === namespace)) this.remove(key);
    }
    for (const item of items) this.put(item);
  }

  #tell(change: Change<T>, handlers: Iterable<(change: Change<T>) => void> = this.#handlers): void {
    for (const handler of handlers) {
      try {
        handler(change);
      } catch (error) {
        this.#threw(change.key, error);
      }
    }
  }
}
