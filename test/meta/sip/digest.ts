// SPDX-License-Identifier: Apache-2.0
// Digest authentication (RFC 2617, RFC 7616): what both sides compute, and the credentials in Meta's shape.
import { createHash } from 'node:crypto';

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: string;
  /** The qop values offered; empty for a challenge of the old kind. */
  readonly qop: readonly string[];
}

export interface DigestInput {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
}

/** Reads a WWW-Authenticate or Proxy-Authenticate value; undefined when it is not a usable Digest challenge. */
export function parseChallenge(value: string): Challenge | undefined {
  const fields = digestFields(value);
  const realm = fields?.get('realm');
  const nonce = fields?.get('nonce');
  if (fields === undefined || realm === undefined || nonce === undefined) return undefined;
  const qop = (fields.get('qop') ?? '').split(',').map((option) => option.trim().toLowerCase());
  return {
    realm,
    nonce,
    opaque: fields.get('opaque'),
    algorithm: fields.get('algorithm') ?? 'MD5',
    qop: qop.filter((option) => option !== ''),
  };
}

/** The fields of a challenge or of credentials, by lower-case name; undefined where the scheme is not Digest. */
export function digestFields(value: string): Map<string, string> | undefined {
  const scheme = /^Digest\s+/i.exec(value);
  if (!scheme) return undefined;
  const fields = new Map<string, string>();
  const pairs = value.slice(scheme[0].length).matchAll(/([A-Za-z-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/g);
  for (const [, name = '', quoted, plain] of pairs) fields.set(name.toLowerCase(), quoted ?? plain ?? '');
  return fields;
}

/** The `response` value for a challenge, in lower-case hexadecimal. Throws RangeError unless MD5 or SHA-256. */
export function digestResponse(challenge: Challenge, input: DigestInput): string {
  const hash = hasher(challenge.algorithm);
  const secret = hash(`${input.username}:${challenge.realm}:${input.password}`);
  const request = hash(`${input.method}:${input.uri}`);
  if (!challenge.qop.includes('auth')) return hash(`${secret}:${challenge.nonce}:${request}`);
  return hash(`${secret}:${challenge.nonce}:${input.nc}:${input.cnonce}:auth:${request}`);
}

/** The credentials header value in the shape of Meta's sample: no `algorithm` parameter. */
export function credentials(challenge: Challenge, input: DigestInput): string {
  const withQop = challenge.qop.includes('auth');
  return [
    `Digest username="${input.username}"`,
    `realm="${challenge.realm}"`,
    `nonce="${challenge.nonce}"`,
    `uri="${input.uri}"`,
    `response="${digestResponse(challenge, input)}"`,
    ...(withQop ? [`cnonce="${input.cnonce}"`] : []),
    ...(challenge.opaque === undefined ? [] : [`opaque="${challenge.opaque}"`]),
    ...(withQop ? ['qop=auth', `nc=${input.nc}`] : []),
  ].join(', ');
}

function hasher(algorithm: string): (text: string) => string {
  const name = { MD5: 'md5', 'SHA-256': 'sha256' }[algorithm.toUpperCase()];
  if (name === undefined) throw new RangeError(`digest algorithm ${algorithm} is neither MD5 nor SHA-256`);
  return (text) => createHash(name).update(text).digest('hex');
}
