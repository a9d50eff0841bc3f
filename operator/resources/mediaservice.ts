// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import type { PortRange } from './mediaports.ts';
import { EXPOSED_LABEL, gatewayLabels, mediaIdOf } from './names.ts';

/**
 * The Service by which audio reaches one media pod, and which goes with it. Local traffic policy: the relay answers where packets come from.
 * @param audio the pod's ports
 */
export function buildMediaService(gateway: SipGateway, pod: { name: string; uid: string }, { from, to }: PortRange) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...gatewayMetadata(gateway, 'media', pod.name), ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid, controller: true }] },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      // There are fewer of them than a few pods have ports, and a load balancer that needs them cannot do this.
      allocateLoadBalancerNodePorts: false,
      selector: { ...gatewayLabels('media', gateway.metadata.name), [EXPOSED_LABEL]: mediaIdOf(pod.name) },
      // Also while the pod is not ready: it may have calls.
      publishNotReadyAddresses: true,
      ports: Array.from({ length: to - from + 1 }, (_, i) => ({ name: `audio-${from + i}`, port: from + i, targetPort: from + i, protocol: 'UDP' })),
    },
  };
}
