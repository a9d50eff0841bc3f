// SPDX-License-Identifier: Apache-2.0
// A certificate authority in memory: it signs the simulator's own servers (graph.facebook.com, wa.meta.vc).
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** What `tls.createServer` takes: PEM of the certificate and of its key. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

/** A CA that lives as long as the process. */
export interface Authority {
  readonly caPem: string;
  /** Signs a server certificate whose subject alternative names are `names` (DNS names or IP addresses). */
  issue(...names: string[]): Promise<ServerIdentity>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** Makes a fresh authority; `now` is the moment its certificates are made for (valid a day before, 30 days after). */
export async function makeAuthority(commonName: string, now = new Date()): Promise<Authority> {
  const validity = { notBefore: new Date(now.getTime() - dayMs), notAfter: new Date(now.getTime() + 30 * dayMs) };
  const caKeys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=${commonName}`,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    caPem: ca.toString('pem'),
    async issue(...names) {
      const keys = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity,
        subject: `CN=${names[0] ?? commonName}`,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      });
      const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
    },
  };
}
