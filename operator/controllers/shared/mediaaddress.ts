// SPDX-License-Identifier: Apache-2.0
// Where Meta is told to send the audio of a media pod's calls. Pure.
import { IPV4_PATTERN } from '../../api/schema.ts';
import type { SipGateway } from '../../api/sipgateway.ts';
import { EXPOSED_LABEL, MEDIA_ADDRESS_ANNOTATION } from '../../resources/names.ts';
import type { Node, Pod, Service } from './observed.ts';

export interface MediaAddress {
  address: string;
  source: 'Spec' | 'LoadBalancer' | 'NodeAnnotation' | 'NodeExternalIP' | 'Node' | 'Pod';
  /** What was to be used and cannot be, as a sentence. */
  unused?: string;
}

const IPV4 = new RegExp(`^(?:${IPV4_PATTERN})$`);

/** What the address may depend on. */
export interface Surroundings {
  /** Of the pod; undefined where it cannot be seen. */
  node: Node | undefined;
  /** Of the pod's name. */
  service: Service | undefined;
}

type Copy<T> = { get: (key: string) => T | undefined };

/** As copies of the cluster have them. */
export const surroundingsIn =
  ({ nodes, services }: { nodes?: Copy<Node> | undefined; services: Copy<Service> }) =>
  ({ metadata: { name, namespace }, spec: { nodeName } }: Pod): Surroundings => ({
    node: nodeName === undefined ? undefined : nodes?.get(nodeName),
    service: services.get(`${namespace}/${name}`),
  });

/** Whether a pod has a Service of its own. */
export const isExposed = ({ metadata: { labels } }: Pod): boolean => labels[EXPOSED_LABEL] !== undefined;

/**
 * The first that there is: what the spec says; that of the pod's load balancer; on a node's network what the node's annotation says, its
 * ExternalIP, its own address; else the pod's. Undefined while the pod, or its load balancer, has none.
 */
export function mediaAddress({ spec: { media } }: SipGateway, pod: Pod, { node, service }: Surroundings): MediaAddress | undefined {
  const { spec: { hostNetwork }, status: { podIP } } = pod;
  if (podIP === undefined) return undefined;
  if (media.advertisedAddress !== undefined) return { address: media.advertisedAddress, source: 'Spec' };
  if (isExposed(pod)) {
    const balanced = balancedAt(service);
    return balanced === undefined ? undefined : { address: balanced, source: 'LoadBalancer' };
  }
  // By the pod, not by the spec: while that changes there are pods of both kinds.
  return hostNetwork ? onNode(podIP, node) : { address: podIP, source: 'Pod' };
}

/** The address that a load balancer has given a Service. */
export const balancedAt = (service: Service | undefined): string | undefined => service?.status.loadBalancer.ingress.map(({ ip }) => ip ?? '').find((ip) => IPV4.test(ip));

function onNode(own: string, node: Node | undefined): MediaAddress {
  const annotated = node?.metadata.annotations[MEDIA_ADDRESS_ANNOTATION];
  if (annotated !== undefined && IPV4.test(annotated)) return { address: annotated, source: 'NodeAnnotation' };
  const unused = annotated === undefined ? {} : { unused: `the annotation ${MEDIA_ADDRESS_ANNOTATION} of node ${node?.metadata.name} is "${annotated}", which is no IPv4 address and is not used` };
  const external = node?.status.addresses.find(({ type, address }) => type === 'ExternalIP' && IPV4.test(address));
  return external ? { address: external.address, source: 'NodeExternalIP', ...unused } : { address: own, source: 'Node', ...unused };
}

/** What of a node the address may depend on, as one text. */
export const addressesOf = (node: Node | undefined): string => JSON.stringify([node?.metadata.annotations[MEDIA_ADDRESS_ANNOTATION], node?.status.addresses]);

/** Networks that nobody in the internet reaches: RFC 1918, 6598, 3927, 1122. */
const PRIVATE = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

export const isPrivate = (address: string): boolean => PRIVATE.test(address);
