// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { names } from './names.ts';

/** The cert-manager Certificate of a gateway's hostname. */
export function buildCertificate(gateway: SipGateway) {
  const name = names.certificate(gateway.metadata.name);
  const { issuerRef } = gateway.spec.certificate;
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: gatewayMetadata(gateway, 'certificate', name),
    spec: {
      secretName: name,
      dnsNames: [gateway.spec.hostname],
      // Meta does not say which key types it takes; RSA is taken everywhere.
      privateKey: { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' },
      usages: ['digital signature', 'key encipherment', 'server auth'],
      issuerRef: { group: 'cert-manager.io', kind: issuerRef.kind, name: issuerRef.name },
    },
  };
}
