// SPDX-License-Identifier: Apache-2.0
// Whether a user permits a call that is about to be made: the operator knows, which alone has the right to ask Meta.
import type { Logger } from 'pino';
import { request } from 'undici';
import { answer, door, type Answer, type Door } from '../../operator/permission/contract.ts';

/** A little longer than the operator waits for Meta. */
const TIMEOUT_MS = 2500;

const UNKNOWN: Answer = { verdict: 'Unknown' };

export class Permissions {
  readonly #log: Logger;
  #door: Door | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The operator is asked there from now on: what the snapshot's Secret says, in Base64. What cannot be read keeps nothing else. */
  use(encoded: string | undefined): void {
    try {
      this.#door = encoded === undefined ? undefined : door.parse(JSON.parse(Buffer.from(encoded, 'base64').toString()));
    } catch (error) {
      this.#log.warn({ err: error }, 'where the operator is asked for permission cannot be read');
      this.#door = undefined;
    }
  }

  /** Never rejects: where the operator cannot be asked nothing is known, and the call is made. */
  async ask(query: URLSearchParams): Promise<Answer> {
    if (!this.#door) return UNKNOWN;
    try {
      const { statusCode, body } = await request(`${this.#door.url}?${query.toString()}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#door.key}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`the operator answers ${statusCode}: ${text.trim()}`);
      return answer.parse(JSON.parse(text));
    } catch (error) {
      this.#log.warn({ route: query.get('route'), err: error }, 'the operator cannot be asked whether a user permits a call, so it is made');
      return UNKNOWN;
    }
  }
}
