// SPDX-License-Identifier: Apache-2.0
// What a handshake with a gateway's public name means for Meta's calls. Pure.
import type { DetailedPeerCertificate } from 'node:tls';

/** Whether Meta could set up a TLS connection to a gateway, or why not. Times are ISO 8601. */
export type Reach =
  | {
      kind: 'ok';
      address: string;
      serial: string;
      issuer: string;
      notAfter: string;
      protocol: string;
      /** The server asks for a client certificate, and takes clients that have none. */
      requestsClientCertificate: boolean;
    }
  | { kind: 'name-not-found'; code: string }
  | { kind: 'no-connection'; tried: readonly Attempt[] }
  | { kind: 'not-tls'; address: string; answer: 'silence' | 'closed' | 'plain-text' }
  | { kind: 'handshake-failed'; address: string; code: string }
  | { kind: 'client-certificate-demanded'; address: string }
  | { kind: 'chain-untrusted'; address: string; issuer: string; selfSigned: boolean; code: string }
  | { kind: 'incomplete-chain'; address: string; issuer: string }
  | { kind: 'name-mismatch'; address: string; names: readonly string[] }
  | { kind: 'expired'; address: string; subject: string; notAfter: string }
  | { kind: 'not-yet-valid'; address: string; subject: string; notBefore: string };

/** An address that took no connection. */
export interface Attempt {
  readonly address: string;
  /** The system's error code, such as ECONNREFUSED; ETIMEDOUT when our own time was up. */
  readonly code: string;
}

/** What was seen of the server once the client had ended its part of the handshake. */
export interface Shown {
  readonly protocol: string;
  readonly certificate: DetailedPeerCertificate;
  /** Why the certificate is no good: a code of OpenSSL or Node. */
  readonly fault?: string;
}

/** All that a handshake has shown. */
export interface Heard {
  readonly requestsClientCertificate: boolean;
  readonly shown?: Shown;
  /** The error that ended it; ETIMEDOUT when our own time was up. */
  readonly failure?: string;
}

/** The verdict on a handshake with `address`. */
export function toReach(address: string, { requestsClientCertificate, shown, failure }: Heard): Reach {
  if (shown?.fault !== undefined) return { address, ...certificateVerdict(shown.certificate, shown.fault) };
  if (requestsClientCertificate && failure !== undefined && turnsAway(failure)) {
    return { kind: 'client-certificate-demanded', address };
  }
  // Here silence is a good sign: a server that demands a certificate says at once that it misses one.
  if (shown && (failure === undefined || failure === 'ETIMEDOUT')) {
    const { protocol, certificate } = shown;
    return {
      kind: 'ok',
      address,
      serial: certificate.serialNumber,
      issuer: nameOf(certificate.issuer),
      notAfter: toISO(certificate.valid_to),
      protocol,
      requestsClientCertificate,
    };
  }
  return failureVerdict(address, failure ?? 'ECONNRESET');
}

/** An alert of the server, or a connection that it drops. OpenSSL, Go and others differ in the alert they choose. */
const turnsAway = (code: string): boolean => code.includes('_ALERT_') || DROPPED.has(code);
const DROPPED = new Set(['ECONNRESET', 'EPIPE']);

/** OpenSSL's words for bytes that are no TLS record at all. */
const NO_RECORD = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

function failureVerdict(address: string, code: string): Reach {
  if (code === 'ETIMEDOUT') return { kind: 'not-tls', address, answer: 'silence' };
  if (DROPPED.has(code)) return { kind: 'not-tls', address, answer: 'closed' };
  if (NO_RECORD.has(code)) return { kind: 'not-tls', address, answer: 'plain-text' };
  return { kind: 'handshake-failed', address, code };
}

type WithoutAddress<T> = T extends { address: string } ? Omit<T, 'address'> : never;

function certificateVerdict(leaf: DetailedPeerCertificate, code: string): WithoutAddress<Reach> {
  const chain = chainOf(leaf);
  const issuer = nameOf((chain.at(-1) ?? leaf).issuer);
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { kind: 'name-mismatch', names: namesOf(leaf) };
    case 'CERT_HAS_EXPIRED': {
      const [first = leaf] = chain.toSorted((a, b) => Date.parse(a.valid_to) - Date.parse(b.valid_to));
      return { kind: 'expired', subject: nameOf(first.subject), notAfter: toISO(first.valid_to) };
    }
    case 'CERT_NOT_YET_VALID': {
      const [last = leaf] = chain.toSorted((a, b) => Date.parse(b.valid_from) - Date.parse(a.valid_from));
      return { kind: 'not-yet-valid', subject: nameOf(last.subject), notBefore: toISO(last.valid_from) };
    }
    // OpenSSL's code for a server certificate that came alone and whose issuer it does not know.
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return { kind: 'incomplete-chain', issuer };
    default:
      return { kind: 'chain-untrusted', issuer, selfSigned: code === 'DEPTH_ZERO_SELF_SIGNED_CERT', code };
  }
}

/** The certificates from the server's own upwards; Node lets a root point at itself. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = new Set<DetailedPeerCertificate>();
  let next: DetailedPeerCertificate | undefined = leaf;
  while (next && !chain.has(next)) {
    chain.add(next);
    next = next.issuerCertificate;
  }
  return [...chain];
}

const toISO = (text: string): string => new Date(text).toISOString();

/** A name's common name, else its organisation; some intermediates have only the latter. */
function nameOf(name: DetailedPeerCertificate['subject'] | undefined): string {
  return String(name?.CN ?? name?.O ?? 'an authority without a name');
}

/** Subject alternative names, or the common name of a certificate that has none. */
function namesOf({ subject, subjectaltname }: DetailedPeerCertificate): string[] {
  if (!subjectaltname) return [nameOf(subject)];
  return subjectaltname.split(', ').map((entry) => entry.slice(entry.indexOf(':') + 1));
}
