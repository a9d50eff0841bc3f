// SPDX-License-Identifier: Apache-2.0
// The certificate of one DTLS end: self-signed, known to the other side by its fingerprint in SDP (RFC 8122).
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface DtlsIdentity {
  /** Certificate and key. */
  readonly pem: string;
  /** SHA-256, as in SDP. */
  readonly fingerprint: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** A fresh certificate, good for a day to both sides of now. */
export async function makeDtlsIdentity(): Promise<DtlsIdentity> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=WebRTC',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + dayMs),
  });
  const pem = certificate.toString('pem');
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { pem: `${pem}\n${key}\n`, fingerprint: fingerprintOf(pem) };
}

/** SHA-256 of a certificate in PEM, as in SDP. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
