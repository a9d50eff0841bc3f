// SPDX-License-Identifier: Apache-2.0
// Texts that a number's spec keeps in Secrets: read once for each version of a Secret, and never printed.
import { no, stalled, type Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import type { NamedSecrets } from '../shared/namedsecrets.ts';
import { textOf, type Secret } from '../shared/observed.ts';

export interface SecretKeyRef {
  name: string;
  key: string;
}

export class SecretReader {
  readonly #secrets: NamedSecrets;
  readonly #read = new Map<string, Secret>();

  constructor(secrets: NamedSecrets) {
    this.#secrets = secrets;
    secrets.subscribe((name, change) => {
      if (change.type === 'delete') this.#read.delete(name);
    });
  }

  /** The text under a key, or the verdict that says what is missing. `holds` says what it should be. */
  async text({ name, key }: SecretKeyRef, holds: string): Promise<Sensitive | Verdict> {
    const secret = await this.#secret(name);
    if (secret === null) return no('SecretForbidden', forbidden(name));
    if (!secret) return no('SecretNotFound', `Secret "${name}" does not exist: create it with the ${holds} under key "${key}"`);
    const text = textOf(secret, key)?.trim();
    if (!text) return no('KeyNotFound', `Secret "${name}" has no key "${key}", or it is empty: put the ${holds} there`);
    // A header cannot carry it, so Meta cannot be asked; its text must not appear anywhere.
    if (!/^[\x21-\x7e]+$/.test(text)) {
      return stalled('SecretInvalid', `key "${key}" of Secret "${name}" holds no ${holds}: it has spaces or other characters that none has`);
    }
    return new Sensitive(text);
  }

  /** As the metadata that is followed says whether it changed, content is asked for only then. */
  async #secret(name: string): Promise<Secret | undefined | null> {
    const known = this.#read.get(name);
    if (known && known.metadata.resourceVersion === this.#secrets.get(name)?.metadata.resourceVersion) return known;
    const secret = await this.#secrets.read(name);
    if (secret) this.#read.set(name, secret);
    return secret;
  }
}

const forbidden = (name: string): string =>
  `the operator may not read Secret "${name}": add it to secrets in the chart’s values, or let the operator get, list and watch it by a Role of your own`;
