// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { BUSY_LABEL, gatewayLabels } from './names.ts';

/** More than there can be. A share, or maxUnavailable, Kubernetes takes only where it knows the owner's kind. */
const ALL = 1_000_000;

/**
 * Keeps media pods that have calls from being evicted, where whoever empties a node is noticed: the pod then gets no new calls, and
 * may be evicted once it has none. Where that is not noticed it would never be, so nothing is kept.
 * @param isNoticed whether the operator sees nodes
 */
export function buildMediaBudget(gateway: SipGateway, isNoticed: boolean) {
  const { name } = gateway.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: gatewayMetadata(gateway, 'media', `${name}-media`),
    spec: {
      minAvailable: isNoticed ? ALL : 0,
      selector: { matchLabels: { ...gatewayLabels('media', name), [BUSY_LABEL]: 'true' } },
      // One that is not ready may have calls all the same.
      unhealthyPodEvictionPolicy: 'IfHealthyBudget',
    },
  };
}
