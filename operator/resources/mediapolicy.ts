// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import type { PortRange } from './mediaports.ts';
import { gatewayLabels, PORTS } from './names.ts';

const podsWith = (matchLabels: Record<string, string>) => [{ podSelector: { matchLabels } }];

/**
 * Who may reach a gateway's media pods: audio from everywhere, control from its proxies. rtpengine has no passwords,
 * and who reaches its control or its HTTP port can end every call.
 * @param audio ports of all its media pods, also of those that are made by an older spec
 */
export function buildMediaPolicy(gateway: SipGateway, audio: readonly PortRange[]) {
  const { name } = gateway.metadata;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: gatewayMetadata(gateway, 'media', `${name}-media`),
    spec: {
      podSelector: { matchLabels: gatewayLabels('media', name) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: audio.map(({ from: port, to: endPort }) => ({ protocol: 'UDP', port, endPort })) },
        { from: podsWith(gatewayLabels('proxy', name)), ports: [{ protocol: 'UDP', port: PORTS.mediaControl }] },
      ],
    },
  };
}
