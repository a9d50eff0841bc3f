// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { gatewayMetadata, ownedBy } from './build.ts';
import { names, numberLabels } from './names.ts';

/** Everything but the name of whom it is for. */
const specOf = (secretName: string, dnsNames: readonly string[], { kind, name }: { kind: string; name: string }) => ({
  secretName,
  dnsNames,
  // Meta does not say which key types it takes; RSA is taken everywhere.
  privateKey: { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' },
  usages: ['digital signature', 'key encipherment', 'server auth'],
  issuerRef: { group: 'cert-manager.io', kind, name },
});

/** The cert-manager Certificate of a gateway: for the name that Meta dials, and the one that the inside may dial. */
export function buildCertificate(gateway: SipGateway) {
  const name = names.certificate(gateway.metadata.name);
  const { hostname, certificate, inside } = gateway.spec;
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: gatewayMetadata(gateway, 'certificate', name),
    spec: specOf(name, [hostname, ...(inside.hostname === undefined ? [] : [inside.hostname])], certificate.issuerRef),
  };
}

/** The cert-manager Certificate of the destination that Meta dials itself; undefined where it has its own. */
export function buildDirectCertificate(number: WhatsAppNumber) {
  const { direct } = number.spec;
  if (!direct?.certificate) return undefined;
  const name = names.directCertificate(number.metadata.name);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: number.metadata.namespace, labels: numberLabels('certificate'), ownerReferences: ownedBy(number) },
    spec: specOf(name, [direct.hostname], direct.certificate.issuerRef),
  };
}
