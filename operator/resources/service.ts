// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { gatewayLabels, names, PORTS } from './names.ts';

/** Has external-dns make a name known for a load balancer's address. */
const named = (hostname: string): Record<string, string> => ({ 'external-dns.alpha.kubernetes.io/hostname': hostname });

/** The address that Meta dials. Local traffic policy keeps Meta's source address, by which its networks are told apart. */
export function buildService(gateway: SipGateway) {
  const { name } = gateway.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...gatewayMetadata(gateway, 'proxy', names.proxy(name)),
      annotations: named(gateway.spec.hostname),
    },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: gatewayLabels('proxy', name),
      ports: [{ name: 'sip-tls', port: PORTS.meta, targetPort: PORTS.meta, protocol: 'TCP' }],
    },
  };
}

/**
 * Where the inside finds any of the proxies: for calls of its own, and for what it sends within a call. Local traffic policy keeps its
 * address, by which who calls is known.
 */
export function buildInsideService(gateway: SipGateway) {
  const { metadata: { name }, spec: { inside } } = gateway;
  const isBalanced = inside.exposure === 'LoadBalancer';
  const annotations = { ...(isBalanced && inside.hostname !== undefined ? named(inside.hostname) : {}), ...inside.annotations };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...gatewayMetadata(gateway, 'proxy', names.inside(name)), ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      ...(isBalanced ? { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } : { type: 'ClusterIP' }),
      ...(inside.sourceRanges ? { loadBalancerSourceRanges: inside.sourceRanges } : {}),
      selector: gatewayLabels('proxy', name),
      ports: [
        { name: 'sip-udp', port: PORTS.inside, targetPort: PORTS.inside, protocol: 'UDP' },
        { name: 'sip-tcp', port: PORTS.inside, targetPort: PORTS.inside, protocol: 'TCP' },
        { name: 'sip-tls', port: PORTS.insideTls, targetPort: PORTS.insideTls, protocol: 'TCP' },
      ],
    },
  };
}
