// SPDX-License-Identifier: Apache-2.0
// Names and labels of everything that the operator makes. One place, because controllers, agents and people search by them.

export const COMPONENT_LABEL = 'trunkline.dev/component';
export const GATEWAY_LABEL = 'trunkline.dev/gateway';
export const TEMPLATE_ANNOTATION = 'trunkline.dev/template-hash';

/** On a media pod that is to get no new calls: since when, and why. */
export const DRAIN = { since: 'trunkline.dev/draining-since', reason: 'trunkline.dev/draining-reason' } as const;
/** On a media pod that every proxy knows: before that a proxy could not find it for calls which another one gave it. */
export const TAKEN_IN = 'trunkline.dev/taken-in';
/** On a media pod that is about to be deleted and has no calls: the proxies are to forget it while it still answers. */
export const REMOVED = 'trunkline.dev/removed';
/** Label of a media pod that has calls: it must not be evicted. */
export const BUSY_LABEL = 'trunkline.dev/busy';
/** On a media pod: its ports for audio, as FROM-TO. */
export const AUDIO_ANNOTATION = 'trunkline.dev/audio-ports';
/** On a media pod that shares its address with others: which part of the ports it has. */
export const SLOT_ANNOTATION = 'trunkline.dev/port-slot';
/** Label of a media pod that has a Service of its own, with its id. */
export const EXPOSED_LABEL = 'trunkline.dev/media-id';
/** On a node: where Meta is told to send audio for media pods on the node’s network. */
export const MEDIA_ADDRESS_ANNOTATION = 'trunkline.dev/media-address';
/** On a gateway, "paused": media pods that are out of date stay as they are. */
export const ROLLOUT_ANNOTATION = 'trunkline.dev/media-rollout';

export type Component = 'proxy' | 'media' | 'snapshot' | 'certificate' | 'sip-password';

export const names = {
  proxy: (gateway: string): string => `${gateway}-proxy`,
  inside: (gateway: string): string => `${gateway}-inside`,
  snapshot: (gateway: string): string => `${gateway}-snapshot`,
  certificate: (gateway: string): string => `${gateway}-tls`,
  media: (gateway: string, id: string): string => `${gateway}-media-${id}`,
  directCertificate: (number: string): string => `${number}-direct-tls`,
  sipPassword: (number: string): string => `${number}-sip`,
};

/** What tells a media pod from all others of its gateway: the end of its name. */
export const mediaIdOf = (pod: string): string => pod.slice(-6);

/** How the operator is given the rights that it needs for a gateway's, or a direct number's, own Secrets. */
export const grants = {
  gateway: (gateway: string): string => `add "${gateway}" to gateways in the chart’s values`,
  directNumber: (number: string): string => `add "${number}" to directNumbers in the chart’s values`,
};

/** Labels of an object of a gateway. */
export const gatewayLabels = (component: Component, gateway: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'trunkline',
  'app.kubernetes.io/component': component,
  'app.kubernetes.io/managed-by': 'trunkline-operator',
  [COMPONENT_LABEL]: component,
  [GATEWAY_LABEL]: gateway,
});

/** Labels of an object of a number. A label's value is shorter than a name may be, so the name itself stays in the owner. */
export const numberLabels = (component: Component): Record<string, string> => ({
  'app.kubernetes.io/name': 'trunkline',
  'app.kubernetes.io/component': component,
  'app.kubernetes.io/managed-by': 'trunkline-operator',
  [COMPONENT_LABEL]: component,
});

export const PORTS = { meta: 5061, inside: 5060, insideTls: 5063, agent: 8080, mediaControl: 2223, mediaHttp: 2225, mediaStore: 6379 } as const;
