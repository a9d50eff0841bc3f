// SPDX-License-Identifier: Apache-2.0
// Texts that a number's spec keeps in Secrets: read once for each version of a Secret, and never printed.
import { no, stalled, type Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';
import { secret as secretSchema, textOf, type Secret } from '../shared/observed.ts';

export interface SecretKeyRef {
  name: string;
  key: string;
}

export class SecretReader {
  readonly #client: KubeClient;
  readonly #heads: Caches['secrets'];
  readonly #read = new Map<string, { version: string; secret: Secret }>();

  constructor(client: KubeClient, heads: Caches['secrets']) {
    this.#client = client;
    this.#heads = heads;
    heads.subscribe((change) => {
      if (change.type === 'delete') this.#read.delete(change.key);
    });
  }

  /** The text under a key, or the verdict that says what is missing. `holds` says what it should be. */
  async text(namespace: string, { name, key }: SecretKeyRef, holds: string): Promise<Sensitive | Verdict> {
    const secret = await this.#secret(namespace, name);
    if (!secret) return no('SecretNotFound', `Secret "${name}" does not exist: create it with the ${holds} under key "${key}"`);
    const text = textOf(secret, key)?.trim();
    if (!text) return no('KeyNotFound', `Secret "${name}" has no key "${key}", or it is empty: put the ${holds} there`);
    // A header cannot carry it, so Meta cannot be asked; its text must not appear anywhere.
    if (!/^[\x21-\x7e]+$/.test(text)) {
      return stalled('SecretInvalid', `key "${key}" of Secret "${name}" holds no ${holds}: it has spaces or other characters that none has`);
    }
    return new Sensitive(text);
  }

  /** As the metadata in the cache says whether it changed, content is asked for only then. */
  async #secret(namespace: string, name: string): Promise<Secret | undefined> {
    const id = `${namespace}/${name}`;
    const version = this.#heads.get(id)?.metadata.resourceVersion;
    const known = this.#read.get(id);
    if (known && known.version === version) return known.secret;
    const found = await this.#client.find(kinds.SECRET, { namespace, name });
    if (!found) return undefined;
    const secret = secretSchema.parse(found);
    this.#read.set(id, { version: secret.metadata.resourceVersion, secret });
    return secret;
  }
}
