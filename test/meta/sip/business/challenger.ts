// SPDX-License-Identifier: Apache-2.0
// Meta's challenges to an INVITE of the business, and which credentials belong to one of them. Source: "SIP", sample
// of a 407; SHA-256 is offered besides since April 2026 (RFC 8760: a header for each, the preferred one first).
import { randomBytes } from 'node:crypto';
import { type Challenge, digestFields } from '../digest.ts';
import type { Header, SipRequest } from '../message.ts';
import { metaDomain } from '../requests.ts';

export type ChallengeForm = 'MD5' | 'SHA-256' | 'SHA-256+MD5' | 'MD5+SHA-256';

/** Credentials for a challenge that was issued; what they prove is not yet known. */
export interface Proof {
  readonly challenge: Challenge;
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
}

export class Challenger {
  form: ChallengeForm = 'SHA-256+MD5';
  /** By nonce, with the highest count used. */
  readonly #issued = new Map<string, { readonly challenge: Challenge; count: number }>();

  /** A new challenge: one header for each algorithm, each with a nonce of its own. There is never a `stale`. */
  challenge(): Header[] {
    return this.form.split('+').map((algorithm) => {
      const [nonce, opaque] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
      this.#issued.set(nonce, { challenge: { realm: metaDomain, nonce, opaque, algorithm, qop: ['auth'] }, count: 0 });
      const value = `Digest realm="${metaDomain}",nonce="${nonce}",opaque="${opaque}",algorithm=${algorithm},qop="auth"`;
      return { name: 'Proxy-Authenticate', value };
    });
  }

  /** The credentials of a request; undefined where there are none, or for a nonce that is not known or used up. */
  take(request: SipRequest): Proof | undefined {
    const all = request.headers
      .filter(({ name }) => name.toLowerCase() === 'proxy-authorization')
      .map(({ value }) => digestFields(value));
    const fields = all.find((each) => each?.get('realm') === metaDomain);
    const issued = this.#issued.get(fields?.get('nonce') ?? '');
    if (fields === undefined || issued === undefined) return undefined;
    const nc = fields.get('nc') ?? '';
    const count = /^[0-9a-f]{8}$/i.test(nc) ? Number.parseInt(nc, 16) : 0;
    if (count <= issued.count) return undefined;
    issued.count = count;
    return { challenge: issued.challenge, fields };
  }

  /** Every nonce is stale from now on. */
  forget(): void {
    this.#issued.clear();
  }
}
