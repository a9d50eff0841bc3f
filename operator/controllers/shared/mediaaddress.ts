// SPDX-License-Identifier: Apache-2.0
// Where Meta is told to send the audio of a media pod's calls. Pure.
import type { SipGateway } from '../../api/sipgateway.ts';
import { MEDIA_ADDRESS_ANNOTATION } from '../../resources/names.ts';
import type { Node, Pod } from './observed.ts';

export interface MediaAddress {
  address: string;
  source: 'Spec' | 'NodeAnnotation' | 'NodeExternalIP' | 'Node' | 'Pod';
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;

/**
 * The first that there is: what the spec says; on a node's network what the node's annotation says, its ExternalIP, its own address; else
 * the pod's. Undefined while the pod has none.
 * @param node undefined where it cannot be seen
 */
export function mediaAddress({ spec: { media } }: SipGateway, { spec: { hostNetwork }, status: { podIP } }: Pod, node: Node | undefined): MediaAddress | undefined {
  if (podIP === undefined) return undefined;
  if (media.advertisedAddress !== undefined) return { address: media.advertisedAddress, source: 'Spec' };
  // By the pod, not by the spec: while that changes there are pods of both kinds.
  if (!hostNetwork) return { address: podIP, source: 'Pod' };
  const annotated = node?.metadata.annotations[MEDIA_ADDRESS_ANNOTATION];
  if (annotated !== undefined && IPV4.test(annotated)) return { address: annotated, source: 'NodeAnnotation' };
  const external = node?.status.addresses.find(({ type, address }) => type === 'ExternalIP' && IPV4.test(address));
  return external ? { address: external.address, source: 'NodeExternalIP' } : { address: podIP, source: 'Node' };
}

/** What of a node the address may depend on, as one text. */
export const addressesOf = (node: Node | undefined): string => JSON.stringify([node?.metadata.annotations[MEDIA_ADDRESS_ANNOTATION], node?.status.addresses]);

/** Networks that nobody in the internet reaches: RFC 1918, 6598, 3927, 1122. */
const PRIVATE = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

export const isPrivate = (address: string): boolean => PRIVATE.test(address);
