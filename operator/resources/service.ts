// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { gatewayLabels, names, PORTS } from './names.ts';

/** The address that Meta dials. Local traffic policy keeps Meta's source address, by which its networks are told apart. */
export function buildService(gateway: SipGateway) {
  const { name } = gateway.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...gatewayMetadata(gateway, 'proxy', names.proxy(name)),
      annotations: { 'external-dns.alpha.kubernetes.io/hostname': gateway.spec.hostname },
    },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: gatewayLabels('proxy', name),
      ports: [{ name: 'sip-tls', port: PORTS.meta, targetPort: PORTS.meta, protocol: 'TCP' }],
    },
  };
}
