// SPDX-License-Identifier: Apache-2.0
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Certificate } from './contract.ts';

/** The Secret holds no certificate that could be served. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * Reads a kubernetes.io/tls Secret's data and makes sure that its two halves belong together.
 * @throws CertificateError with a sentence for the gateway's status.
 */
export function readCertificate(secret: string, data: Readonly<Record<string, string>>): Certificate {
  const chain = decode(data['tls.crt']);
  const key = decode(data['tls.key']);
  if (!chain || !key) throw new CertificateError(`Secret "${secret}" has no tls.crt or no tls.key`);
  let first: X509Certificate;
  let matches: boolean;
  try {
    first = new X509Certificate(chain);
    matches = first.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new CertificateError(`Secret "${secret}" holds no readable certificate and key`, { cause: error });
  }
  if (!matches) throw new CertificateError(`in Secret "${secret}" the key does not belong to the certificate`);
  return { serial: first.serialNumber, chain, key };
}

const decode = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString('utf8');
