// SPDX-License-Identifier: Apache-2.0
import type { Manifest } from '../../kube/client.ts';
import { isForbidden, isInvalid, isNotFound } from '../../kube/errors.ts';
import type { ResourceKind } from '../../kube/resource.ts';

/** What the API server says against an object; undefined where it takes it. Throws what may pass by itself. */
export async function refusalOf(kind: ResourceKind, manifest: Manifest, write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (!isForbidden(error) && !isInvalid(error) && !isNotFound(error)) throw error;
    return `the API server refuses ${kind.kind} "${manifest.metadata.name}": ${error.message}`;
  }
}

export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
