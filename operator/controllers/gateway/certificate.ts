// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { isoSeconds } from '../../api/conditions.ts';
import { isTrue, textOf, type CertificateObject, type CertificateRequest, type Secret } from '../shared/observed.ts';
import type { CertificateView } from './view.ts';

export interface CertificateFacts {
  hostname: string;
  certificate: CertificateObject | undefined;
  requests: readonly CertificateRequest[];
  /** Null where we may not read it. */
  secret: Secret | undefined | null;
  /** What gives us the right to read it. */
  grant: string;
}

/** What cert-manager has made of a gateway's certificate. Pure. */
export function viewCertificate({ hostname, certificate, requests, secret, grant }: CertificateFacts): CertificateView {
  const isReady = certificate && isTrue(certificate.status.conditions, 'Ready');
  if (isReady && secret === null) {
    return { kind: 'unreadable', message: `the operator may not read Secret "${certificate.metadata.name}": ${grant}` };
  }
  const issued = isReady && secret && readIssued(secret, hostname);
  if (issued) return issued;
  const [newest] = requests.toSorted(byRevision);
  const failure = newest && failureOf(newest);
  if (failure) return { kind: 'failed', message: failure };
  const said = [newest, certificate].map((object) => object && find(object, 'Ready')?.message).find(Boolean);
  return { kind: 'pending', message: said ?? 'cert-manager has not begun yet' };
}

const find = ({ status }: CertificateRequest, type: string) => status.conditions.find((condition) => condition.type === type);

/** What a request says that will not be tried again. */
function failureOf(request: CertificateRequest): string | undefined {
  const final = ['InvalidRequest', 'Denied'].map((type) => find(request, type)).find((condition) => condition?.status === 'True');
  const ready = find(request, 'Ready');
  return final?.message ?? (ready?.reason === 'Failed' ? ready.message : undefined);
}

/** The certificate in a Secret; undefined where there is none to read, or it is still the one of another name. */
function readIssued(secret: Secret, hostname: string): CertificateView | undefined {
  const pem = textOf(secret, 'tls.crt');
  if (!pem) return undefined;
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.checkHost(hostname)) return undefined;
    const { serialNumber, issuer, validTo } = certificate;
    return { kind: 'issued', serial: serialNumber, issuer: commonName(issuer), notAfter: isoSeconds(new Date(validTo)) };
  } catch {
    // Whoever wrote it will be told by the agent, which refuses it with the reason.
    return undefined;
  }
}

const commonName = (name: string): string => /(?:^|\n)CN=([^\n]+)/.exec(name)?.[1] ?? name.replaceAll('\n', ', ');

const revision = ({ metadata }: CertificateRequest): number =>
  Number(metadata.annotations['cert-manager.io/certificate-revision'] ?? 0);

/** The newest first. */
const byRevision = (a: CertificateRequest, b: CertificateRequest): number => revision(b) - revision(a);
