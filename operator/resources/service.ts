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

/** Where the inside finds any of the proxies, from within the cluster: for calls of its own, and for what it sends within a call. */
export function buildInsideService(gateway: SipGateway) {
  const { name } = gateway.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: gatewayMetadata(gateway, 'proxy', names.inside(name)),
    spec: {
      type: 'ClusterIP',
      selector: gatewayLabels('proxy', name),
      ports: [
        { name: 'sip-udp', port: PORTS.inside, targetPort: PORTS.inside, protocol: 'UDP' },
        { name: 'sip-tcp', port: PORTS.inside, targetPort: PORTS.inside, protocol: 'TCP' },
        { name: 'sip-tls', port: PORTS.insideTls, targetPort: PORTS.insideTls, protocol: 'TCP' },
      ],
    },
  };
}
