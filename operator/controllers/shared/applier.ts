// SPDX-License-Identifier: Apache-2.0
import type { KubeClient, Manifest } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { hashOf, keyOf } from '../../kube/objects.ts';
import type { ResourceKind } from '../../kube/resource.ts';

/** Applying again what is already so costs the API server work; after this long it is done all the same, against drift. */
const REAPPLY_MS = 60_000;

/** Server-side apply that leaves out what it has just applied. */
export class Applier {
  readonly #client: Pick<KubeClient, 'apply'>;
  readonly #clock: Clock;
  readonly #applied = new Map<string, { hash: string; at: number; resourceVersion: string | undefined }>();
  /** Versions that were seen since the last apply began. */
  readonly #seen = new Map<string, string>();

  constructor(client: Pick<KubeClient, 'apply'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Returns the object's resourceVersion after the last apply that went through.
   * @throws KubeError
   */
  async apply(kind: ResourceKind, manifest: Manifest): Promise<string | undefined> {
    const id = this.#id(kind, manifest.metadata);
    const hash = hashOf(manifest);
    const last = this.#applied.get(id);
    if (last?.hash === hash && this.#clock.now() - last.at < REAPPLY_MS) return last.resourceVersion;
    // Of an apply whose answer is lost nobody knows whether it took place, so what was so before is not known either.
    this.#applied.delete(id);
    this.#seen.delete(id);
    const { resourceVersion } = (await this.#client.apply(kind, manifest)).metadata;
    // Somebody else may have been there in between.
    const seen = this.#seen.get(id) ?? resourceVersion;
    if (seen === resourceVersion) this.#applied.set(id, { hash, at: this.#clock.now(), resourceVersion });
    return resourceVersion;
  }

  /** The object was seen at a version: where that is not the one of our last apply, the next one goes through. */
  seen(kind: ResourceKind, metadata: { namespace?: string; name: string; resourceVersion: string }): void {
    this.#seen.set(this.#id(kind, metadata), metadata.resourceVersion);
    if (this.#applied.get(this.#id(kind, metadata))?.resourceVersion !== metadata.resourceVersion) this.forget(kind, metadata);
  }

  /** Somebody else touched or removed the object: the next apply goes through. */
  forget(kind: ResourceKind, ref: { namespace?: string; name: string }): void {
    this.#applied.delete(this.#id(kind, ref));
  }

  #id(kind: ResourceKind, ref: { namespace?: string; name: string }): string {
    return `${kind.kind} ${keyOf(ref)}`;
  }
}
