// SPDX-License-Identifier: Apache-2.0
// How a stream gets its keys, as SDP has it: SDES carries them (RFC 4568); with DTLS there are ICE credentials, and the
// fingerprint of the certificate that the handshake must show (RFC 8839, RFC 8842).
import { SdpError } from './sdperror.ts';

export type KeyExchange = 'DTLS' | 'SDES';

export const cryptoSuite = 'AES_CM_128_HMAC_SHA1_80';

/** The transport that each key exchange has in an m= line. */
export const protocols: Readonly<Record<KeyExchange, string>> = { DTLS: 'UDP/TLS/RTP/SAVPF', SDES: 'RTP/SAVP' };

export type Setup = 'actpass' | 'active' | 'passive';

/** Our end of ICE and DTLS. */
export interface LocalDtls {
  readonly ufrag: string;
  readonly password: string;
  /** SHA-256 of our certificate. */
  readonly fingerprint: string;
}

/** What the business's SDP says of its end. */
export interface RemoteDtls {
  /** SHA-256 of each certificate it may show. */
  readonly fingerprints: readonly string[];
  /** Who begins the handshake. */
  readonly client: 'business' | 'meta' | 'nobody';
}

/** Master key and salt, 30 bytes; or an end of ICE and DTLS. */
export type LocalKeying = { readonly key: Buffer } | { readonly dtls: LocalDtls };
export type RemoteKeying = { readonly key: Buffer } | { readonly dtls: RemoteDtls };

/** One a=crypto line. */
export interface CryptoLine {
  readonly tag: string;
  readonly suite: string;
  readonly key: Buffer;
  /** What follows the key: lifetime, MKI. */
  readonly rest: string;
}

/** Undefined for a line that is none. */
export function readCrypto(line: string): CryptoLine | undefined {
  const match = /^a=crypto:(\d+) (\S+) inline:([A-Za-z0-9+/=]+)(\|\S*)?/.exec(line);
  if (!match) return undefined;
  const [, tag = '', suite = '', key = '', rest = ''] = match;
  return { tag, suite, key: Buffer.from(key, 'base64'), rest };
}

/** A key of 30 bytes. Throws SdpError. */
export function usableKey({ key }: CryptoLine): Buffer {
  if (key.length !== 30) throw new SdpError(`the a=crypto key has ${key.length} bytes instead of 30`);
  return key;
}

/** SDP, by lines, as far as ICE and DTLS need it. */
export interface DtlsDescription {
  readonly session: readonly string[];
  readonly media: readonly string[];
  readonly muxed: boolean;
}

/** The stream's own attributes go before the session's. Throws SdpError. */
export function readDtls({ session, media, muxed }: DtlsDescription): { fingerprints: string[]; setup: Setup } {
  const [fingerprints = []] = [media, session].map((lines) => lines.flatMap((line) => readFingerprint(line) ?? []))
    .filter(({ length }) => length > 0);
  if (fingerprints.length === 0) throw new SdpError('no fingerprint found');
  const lines = [...media, ...session];
  const has = (attribute: string) => lines.some((line) => line.startsWith(`a=${attribute}`));
  if (!has('ice-ufrag:') || !has('ice-pwd:')) throw new SdpError('no a=ice-ufrag or no a=ice-pwd');
  // Two lite ends would never check: the other side of Meta must be a full one.
  if (has('ice-lite')) throw new SdpError('a=ice-lite is Meta’s part: the business must be a full ICE agent');
  if (!muxed) throw new SdpError('a=rtcp-mux is missing: with DTLS there is one port');
  return { fingerprints, setup: readSetup(lines) };
}

/** Only SHA-256 is taken, not even another one beside it: so Meta’s Graph API does, by a report from the field. */
function readFingerprint(line: string): string | undefined {
  const [, algorithm, value] = /^a=fingerprint:(\S+) (\S+)/i.exec(line) ?? [];
  if (algorithm === undefined || value === undefined) return undefined;
  if (algorithm.toLowerCase() !== 'sha-256') throw new SdpError('Fingerprint algo is not SHA256');
  return value.toUpperCase();
}

function readSetup(lines: readonly string[]): Setup {
  const value = lines.find((line) => line.startsWith('a=setup:'))?.slice('a=setup:'.length).trim();
  if (value === 'actpass' || value === 'active' || value === 'passive') return value;
  throw new SdpError(`a=setup is ${value ?? 'missing'}`);
}
