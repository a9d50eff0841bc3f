// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';

/** A token or password: prints, logs and serialises as a mark, and gives its text only to who asks for it by name. */
export class Sensitive {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
