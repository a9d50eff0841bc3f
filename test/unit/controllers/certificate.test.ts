// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { viewCertificate, type CertificateFacts } from '../../../operator/controllers/gateway/certificate.ts';
import { certificate, certificateRequest, secret } from '../../../operator/controllers/shared/observed.ts';
import { makeAuthority } from '../../meta/pki.ts';

const metadata = (name: string, annotations = {}) => ({ name, namespace: 'voice', annotations });
const condition = (type: string, status: string, reason: string, message: string) => ({ type, status, reason, message });

const request = (revision: number, ...conditions: object[]) =>
  certificateRequest.parse({
    metadata: metadata(`r${revision}`, { 'cert-manager.io/certificate-revision': String(revision) }),
    status: { conditions },
  });

const ready = certificate.parse({ metadata: metadata('default-tls'), status: { conditions: [condition('Ready', 'True', 'Ready', '')] } });

let facts: CertificateFacts;
beforeAll(async () => {
  const authority = await makeAuthority('Test CA');
  const { cert } = await authority.issue('sip.example.com');
  const data = { 'tls.crt': Buffer.from(cert).toString('base64') };
  facts = {
    hostname: 'sip.example.com',
    certificate: ready,
    requests: [],
    grant: 'grant it',
    secret: secret.parse({ metadata: metadata('default-tls'), data }),
  };
});

describe('viewCertificate', () => {
  it('tells who issued the certificate that is there, and its serial', () => {
    expect(viewCertificate(facts)).toMatchObject({ kind: 'issued', issuer: 'Test CA', serial: expect.stringMatching(/^[0-9A-F]+$/) });
  });

  it('does not take one for another name, such as the hostname before an edit', () => {
    expect(viewCertificate({ ...facts, hostname: 'new.example.com' }).kind).toBe('pending');
  });

  it('says what gives the right to read it where that is missing', () => {
    expect(viewCertificate({ ...facts, secret: null })).toEqual({ kind: 'unreadable', message: 'the operator may not read Secret "default-tls": grant it' });
  });

  it('waits with cert-manager’s words', () => {
    const pending = request(1, condition('Ready', 'False', 'Pending', 'Referenced "ClusterIssuer" not found'));
    expect(viewCertificate({ ...facts, secret: undefined, requests: [pending] })).toEqual({ kind: 'pending', message: 'Referenced "ClusterIssuer" not found' });
    expect(viewCertificate({ ...facts, certificate: undefined, secret: undefined })).toEqual({ kind: 'pending', message: 'cert-manager has not begun yet' });
  });

  it.each([
    ['failed', condition('Ready', 'False', 'Failed', 'why')],
    ['was denied', condition('Denied', 'True', 'Policy', 'why')],
    ['is invalid', condition('InvalidRequest', 'True', 'Invalid', 'why')],
  ])('says why when the newest request %s', (_, final) => {
    const older = request(1, condition('Ready', 'False', 'Pending', 'old news'));
    expect(viewCertificate({ ...facts, secret: undefined, requests: [request(2, final), older] })).toEqual({ kind: 'failed', message: 'why' });
  });

  it('is not fooled by what cannot be read', () => {
    const broken = secret.parse({ metadata: metadata('default-tls'), data: { 'tls.crt': 'Z2FyYmFnZQ==' } });
    expect(viewCertificate({ ...facts, secret: broken }).kind).toBe('pending');
  });
});
