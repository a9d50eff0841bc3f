// SPDX-License-Identifier: Apache-2.0
// Where telephony outside of the cluster finds any of a gateway's proxies. Pure.
import type { SipGateway } from '../../api/sipgateway.ts';
import { names } from '../../resources/names.ts';
import { balancedAt } from './mediaaddress.ts';
import type { Service } from './observed.ts';

/** The Service before all of a gateway's proxies, as a copy of the cluster has it. */
export const insideService = ({ metadata: { name, namespace } }: SipGateway, services: { get: (key: string) => Service | undefined }): Service | undefined =>
  services.get(`${namespace}/${names.inside(name)}`);

/** What the spec says, or else what the load balancer gave; undefined where there is neither. */
export function insideAddress({ spec: { inside } }: SipGateway, service: Service | undefined): string | undefined {
  return inside.hostname ?? inside.advertisedAddress ?? (inside.exposure === 'LoadBalancer' ? givenTo(service) : undefined);
}

/** Whether the load balancer that is asked for has not come yet, or has nothing that can be told. */
export function isAwaited(gateway: SipGateway, service: Service | undefined): boolean {
  const isThere = (service?.status.loadBalancer.ingress.length ?? 0) > 0;
  return gateway.spec.inside.exposure === 'LoadBalancer' && !(isThere && insideAddress(gateway, service) !== undefined);
}

const givenTo = (service: Service | undefined): string | undefined => balancedAt(service) ?? service?.status.loadBalancer.ingress.find(({ hostname }) => hostname !== undefined)?.hostname;
