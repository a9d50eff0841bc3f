// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { describeReach } from '../../../operator/meta/reachtext.ts';
import type { Reach } from '../../../operator/meta/reachverdict.ts';

const address = '203.0.113.7';
const ok = {
  kind: 'ok',
  address,
  serial: '01',
  issuer: 'R12',
  notAfter: '2026-12-01T00:00:00.000Z',
  protocol: 'TLSv1.3',
  requestsClientCertificate: false,
} as const;

/** Each verdict, with what must be found in its sentence: the fault, its details, the cure. */
const cases: [Reach, ...string[]][] = [
  [ok, 'TLSv1.3', 'R12', '2026-12-01T00:00:00.000Z'],
  [{ ...ok, requestsClientCertificate: true }, 'asks for a client certificate', 'turn off'],
  [{ kind: 'name-not-found', code: 'ENOTFOUND' }, 'no address in DNS', 'A or AAAA record'],
  [{ kind: 'name-not-found', code: 'EAI_AGAIN' }, 'could not be looked up (EAI_AGAIN)', 'cluster’s DNS'],
  [
    {
      kind: 'no-connection',
      tried: [
        { address, code: 'ECONNREFUSED' },
        { address: '203.0.113.8', code: 'ETIMEDOUT' },
        { address: '2001:db8::7', code: 'ENETUNREACH' },
      ],
    },
    '203.0.113.7 refuses',
    '203.0.113.8 does not answer',
    '2001:db8::7 cannot be reached (ENETUNREACH)',
    'TCP port 5061',
  ],
  [{ kind: 'not-tls', address, answer: 'silence' }, 'says nothing', 'proxy pods are ready'],
  [{ kind: 'not-tls', address, answer: 'closed' }, 'closes them', 'load balancer'],
  [{ kind: 'not-tls', address, answer: 'plain-text' }, 'does not speak TLS', 'TLS port'],
  [{ kind: 'handshake-failed', address, code: 'ERR_SSL_X' }, 'refuses the TLS handshake (ERR_SSL_X)', 'no ALPN'],
  [{ kind: 'client-certificate-demanded', address }, 'demands a client certificate', 'turn off the verification of clients'],
  [
    { kind: 'chain-untrusted', address, issuer: 'sip.example.com', selfSigned: true, code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    'is self-signed',
    'Let’s Encrypt',
  ],
  [
    { kind: 'chain-untrusted', address, issuer: 'Own Root', selfSigned: false, code: 'SELF_SIGNED_CERT_IN_CHAIN' },
    'leads to Own Root',
    '(SELF_SIGNED_CERT_IN_CHAIN)',
    'public authorities',
  ],
  [
    { kind: 'chain-untrusted', address, issuer: '(STAGING) Pretend Pear X1', selfSigned: false, code: 'X' },
    '(STAGING) Pretend Pear X1, a test authority',
    'production address',
  ],
  [{ kind: 'incomplete-chain', address, issuer: 'R12' }, 'signed by R12', 'tls.crt'],
  [{ kind: 'name-mismatch', address, names: ['a.example', 'b.example'] }, 'is for a.example, b.example,', 'dnsNames'],
  [{ kind: 'name-mismatch', address, names: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }, 'is for a, b, c, d, e and 3 more,'],
  [
    { kind: 'expired', address, subject: 'sip.example.com', notAfter: '2026-01-01T00:00:00.000Z' },
    'expired at 2026-01-01T00:00:00.000Z',
    'kubectl describe certificate',
  ],
  [
    { kind: 'not-yet-valid', address, subject: 'sip.example.com', notBefore: '2027-01-01T00:00:00.000Z' },
    'not valid before 2027-01-01T00:00:00.000Z',
    'clocks',
  ],
];

describe('describeReach', () => {
  it.each(cases)('says what is wrong, where and what to do: %o', (reach, ...parts) => {
    const text = describeReach(reach, 'sip.example.com', 5061);
    for (const part of parts) expect(text).toContain(part);
    expect(text).toContain('address' in reach ? 'sip.example.com:5061 (203.0.113.7)' : 'sip.example.com');
    expect(text).toMatch(/^[^.](?!.*\. [A-Z]).*\.$/);
  });
});
