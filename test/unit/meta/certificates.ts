// SPDX-License-Identifier: Apache-2.0
// Certificates with every fault that a handshake can show: chains of any length, any names, any validity.
import type { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** Days from now: negative ones are past. */
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * dayMs);

/** A certificate with its key, which may sign others. */
export interface Signed {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
  readonly keyPem: string;
}

/** What a certificate is to say. */
export interface Wish {
  commonName: string;
  /** Who signs; without it the certificate signs itself. */
  by?: Signed;
  authority?: boolean;
  /** Subject alternative names. */
  names?: readonly string[];
  notBefore?: Date;
  notAfter?: Date;
}

/** Makes a certificate that is valid from yesterday for 30 days, unless the wish says otherwise. */
export async function sign(wish: Wish): Promise<Signed> {
  const { commonName, by, authority = false, names = [], notBefore = daysFromNow(-1), notAfter = daysFromNow(30) } = wish;
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: by ? by.certificate.subject : `CN=${commonName}`,
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(authority, undefined, true),
      ...(authority ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)] : []),
      ...(names.length ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))] : []),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate, keys, pem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

/** What `tls.createServer` takes to send `chain`, the server's own certificate first. */
export const served = (...chain: [Signed, ...Signed[]]): { cert: string; key: string } => ({
  cert: chain.map(({ pem }) => pem).join('\n'),
  key: chain[0].keyPem,
});
