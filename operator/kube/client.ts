// SPDX-License-Identifier: Apache-2.0
import { objectIn, pageIn } from './answer.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { isGone, isNotFound } from './errors.ts';
import type { KubeObject, ObjectMeta, ObjectRef } from './objects.ts';
import { apiVersionOf, collectionPath, objectPath, withQuery, type ResourceKind } from './resource.ts';
import { nameOf, Transport, type Call, type RequestObserver } from './transport.ts';
import { watchEvents, type WatchEvent } from './watch.ts';

export interface ClientOptions {
  /**
   * Our name in server-side apply: the fields applied under it are ours. Status is applied as `<fieldManager>-status`.
   */
  readonly fieldManager: string;
  readonly clock?: Clock;
  readonly observe?: RequestObserver;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time limit in milliseconds; 30 s where not given. */
  readonly timeoutMs?: number | undefined;
}

export interface Selection {
  /** One namespace; all of them, or the cluster, where not given. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Asks for the metadata only, so that contents (of Secrets, say) never reach us. */
  readonly metadataOnly?: boolean | undefined;
}

export interface ApplyOptions extends CallOptions {
  /** Takes over fields that another manager owns; on by default, because a controller means what it applies. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this very object, not another one of the same name. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

/** A list with the version it shows. */
export interface ListResult {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
  /** Seconds after which the server ends the watch in good order. */
  readonly timeoutSeconds?: number;
  /** Milliseconds of silence after which the watch counts as cut; the server sends a bookmark about once a minute. */
  readonly idleMs?: number;
}

/** An object to send; `apiVersion` and `kind` are filled in where left out. */
export type Manifest = { metadata: ObjectMeta; [field: string]: unknown };

const PAGE = 500;
const IDLE_MS = 90_000;
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

/**
 * The Kubernetes API as raw JSON: nothing is dropped that this version does not know.
 * Every method throws `KubeError` when the call fails, and the signal's reason when the caller aborts it.
 */
export class KubeClient implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #fieldManager: string;

  constructor(connection: Connection, options: ClientOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#fieldManager = options.fieldManager;
    this.#transport = new Transport(connection, options);
  }

  async get(kind: ResourceKind, ref: ObjectRef, options: CallOptions = {}): Promise<KubeObject> {
    return this.#object({ method: 'GET', path: objectPath(kind, ref), ...options });
  }

  /** As `get`, but undefined where there is no such object. */
  async find(kind: ResourceKind, ref: ObjectRef, options: CallOptions = {}): Promise<KubeObject | undefined> {
    try {
      return await this.get(kind, ref, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** All objects of a selection, read page by page and consistent with one version. */
  async list(kind: ResourceKind, selection: Selection = {}, options: CallOptions = {}): Promise<ListResult> {
    try {
      return await this.#pages(kind, selection, options);
    } catch (error) {
      // The version of the first page was compacted away while we read the others: once more from the start.
      if (isGone(error)) return this.#pages(kind, selection, options);
      throw error;
    }
  }

  async #pages(kind: ResourceKind, selection: Selection, options: CallOptions): Promise<ListResult> {
    const { namespace, labelSelector, fieldSelector } = selection;
    const accept = selection.metadataOnly ? { accept: METADATA_LIST } : {};
    const items: KubeObject[] = [];
    let next: string | undefined;
    for (;;) {
      const path = withQuery(collectionPath(kind, namespace), {
        limit: PAGE,
        continue: next,
        labelSelector,
        fieldSelector,
      });
      const call: Call = { method: 'GET', path, ...accept, ...options };
      const page = pageIn(nameOf(call), await this.#transport.text(call));
      for (const item of page.items) items.push(this.#typed(kind, item));
      next = page.next;
      if (!next) return { items, resourceVersion: page.resourceVersion };
    }
  }

  /** Creates an object; one that exists is an error that `isAlreadyExists` recognises. */
  async create(kind: ResourceKind, object: Manifest, options: CallOptions = {}): Promise<KubeObject> {
    const path = withQuery(collectionPath(kind, object.metadata.namespace), this.#writing());
    return this.#object({ method: 'POST', path, body: this.#typed(kind, object), ...options });
  }

  /** Replaces an object; with `metadata.resourceVersion` only if nobody changed it since. */
  async replace(kind: ResourceKind, object: Manifest, options: CallOptions = {}): Promise<KubeObject> {
    const path = withQuery(objectPath(kind, object.metadata), this.#writing());
    return this.#object({ method: 'PUT', path, body: this.#typed(kind, object), ...options });
  }

  /** Server-side apply: makes the given fields ours and true, and drops those we applied before and leave out now. */
  async apply(kind: ResourceKind, object: Manifest, options: ApplyOptions = {}): Promise<KubeObject> {
    const { force = true, ...call } = options;
    const path = withQuery(objectPath(kind, object.metadata), { ...this.#writing(), force });
    return this.#object({ method: 'PATCH', path, body: this.#typed(kind, object), contentType: APPLY, ...call });
  }

  /** Server-side apply of `status` under a manager of its own, so that neither part drops the fields of the other. */
  async applyStatus(kind: ResourceKind, object: Manifest, options: ApplyOptions = {}): Promise<KubeObject> {
    const { force = true, ...call } = options;
    const manager = { ...this.#writing(), fieldManager: `${this.#fieldManager}-status` };
    const path = withQuery(objectPath(kind, object.metadata, 'status'), { ...manager, force });
    return this.#object({ method: 'PATCH', path, body: this.#typed(kind, object), contentType: APPLY, ...call });
  }

  /** JSON merge patch: members given are set, `null` removes, lists are replaced as a whole. */
  async mergePatch(kind: ResourceKind, ref: ObjectRef, patch: unknown, options: CallOptions = {}): Promise<KubeObject> {
    const path = withQuery(objectPath(kind, ref), this.#writing());
    return this.#object({ method: 'PATCH', path, body: patch, contentType: MERGE, ...options });
  }

  /**
   * Deletes an object. One that is not there is an error that `isNotFound` recognises; a precondition not met is a
   * conflict.
   */
  async delete(kind: ResourceKind, ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, propagation, gracePeriodSeconds, ...call } = options;
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions,
      ...(propagation ? { propagationPolicy: propagation } : {}),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    await this.#transport.text({ method: 'DELETE', path: objectPath(kind, ref), body, ...call });
  }

  /** The text at any path of the API server, such as a pod's page by way of the proxy subresource. */
  getText(path: string, options: CallOptions = {}): Promise<string> {
    return this.#transport.text({ method: 'GET', path, accept: '*/*', ...options });
  }

  /** One watch from a known version on; ends when the server ends it. `Reflector` is the one that never gives up. */
  async *watch(kind: ResourceKind, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    const {
      namespace,
      resourceVersion,
      labelSelector,
      fieldSelector,
      timeoutSeconds,
      signal,
      idleMs = IDLE_MS,
    } = options;
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      labelSelector,
      fieldSelector,
      timeoutSeconds,
    };
    const path = withQuery(collectionPath(kind, namespace), query);
    const request = { path, signal, idleMs, ...(options.metadataOnly ? { accept: METADATA } : {}) };
    for await (const event of watchEvents(this.#transport, request, this.#clock)) {
      yield event.type === 'BOOKMARK' ? event : { ...event, object: this.#typed(kind, event.object) };
    }
  }

  /** Ends every connection; requests in flight fail. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #writing(): { fieldManager: string; fieldValidation: string } {
    return { fieldManager: this.#fieldManager, fieldValidation: 'Strict' };
  }

  /** Items of lists come without their type, and metadata under a type of its own: whoever reads them need not know. */
  #typed(kind: ResourceKind, object: Manifest): KubeObject {
    return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
  }

  async #object(call: Call): Promise<KubeObject> {
    return objectIn(nameOf(call), await this.#transport.text(call));
  }
}
