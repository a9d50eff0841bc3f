// SPDX-License-Identifier: Apache-2.0
import type { ObjectRef } from './objects.ts';

/** A kind of object and where the API serves it. */
export interface ResourceKind {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The `apiVersion` that objects of a kind carry. */
export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

function segment(text: string, what: string, kind: ResourceKind): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/')) {
    throw new Error(`"${text}" cannot be the ${what} of a ${kind.kind}: it is not a Kubernetes name`);
  }
  return encodeURIComponent(text);
}

/** Path of a kind's collection: of one namespace, or of the whole cluster where none is given. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  if (namespace === undefined) return `${root}/${kind.plural}`;
  if (!kind.namespaced) throw new Error(`${kind.kind} is cluster-scoped: leave out the namespace "${namespace}"`);
  return `${root}/namespaces/${segment(namespace, 'namespace', kind)}/${kind.plural}`;
}

/** Path of one object, or of one of its subresources such as `status`. */
export function objectPath(kind: ResourceKind, ref: ObjectRef, subresource?: string): string {
  if (kind.namespaced && ref.namespace === undefined) {
    throw new Error(`${kind.kind} "${ref.name}" needs a namespace`);
  }
  const path = `${collectionPath(kind, ref.namespace)}/${segment(ref.name, 'name', kind)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** A path with its query; members without a value are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** Kinds of Kubernetes itself that the runtime uses. */
export const LEASE: ResourceKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};
export const EVENT: ResourceKind = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};
