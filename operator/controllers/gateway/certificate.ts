// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { isoSeconds } from '../../api/conditions.ts';
import { isTrue, textOf, type CertificateObject, type CertificateRequest, type Secret } from '../shared/observed.ts';
import type { CertificateView } from './view.ts';

/** What cert-manager has made of a gateway's certificate. Pure. */
export function viewCertificate(
  certificate: CertificateObject | undefined,
  requests: readonly CertificateRequest[],
  secret: Secret | undefined,
): CertificateView {
  const issued = certificate && isTrue(certificate.status.conditions, 'Ready') && secret && readIssued(secret);
  if (issued) return issued;
  const newest = [...requests].sort(byRevision).at(-1);
  const ready = newest?.status.conditions.find(({ type }) => type === 'Ready');
  const invalid = newest?.status.conditions.find(({ type, status }) => type === 'InvalidRequest' && status === 'True');
  const denied = newest?.status.conditions.find(({ type, status }) => type === 'Denied' && status === 'True');
  const failure = invalid ?? denied ?? (ready?.reason === 'Failed' ? ready : undefined);
  if (failure) return { kind: 'failed', message: failure.message };
  const own = certificate?.status.conditions.find(({ type }) => type === 'Ready');
  return { kind: 'pending', message: ready?.message || own?.message || 'cert-manager has not begun yet' };
}

/** The certificate in a Secret; undefined where there is none to read. */
function readIssued(secret: Secret): CertificateView | undefined {
  const pem = textOf(secret, 'tls.crt');
  if (!pem) return undefined;
  try {
    const { serialNumber, issuer, validTo } = new X509Certificate(pem);
    return { kind: 'issued', serial: serialNumber, issuer: commonName(issuer), notAfter: isoSeconds(new Date(validTo)) };
  } catch {
    // Whoever wrote it will be told by the agent, which refuses it with the reason.
    return undefined;
  }
}

const commonName = (name: string): string => /(?:^|\n)CN=([^\n]+)/.exec(name)?.[1] ?? name.replaceAll('\n', ', ');

const revision = ({ metadata }: CertificateRequest): number =>
  Number(metadata.annotations['cert-manager.io/certificate-revision'] ?? 0);

const byRevision = (a: CertificateRequest, b: CertificateRequest): number => revision(a) - revision(b);
