// SPDX-License-Identifier: Apache-2.0
// Names and labels of everything that the operator makes. One place, because controllers, agents and people search by them.

export const COMPONENT_LABEL = 'trunkline.dev/component';
export const GATEWAY_LABEL = 'trunkline.dev/gateway';
export const TEMPLATE_ANNOTATION = 'trunkline.dev/template-hash';

export type Component = 'proxy' | 'media' | 'snapshot' | 'certificate' | 'sip-password';

export const names = {
  proxy: (gateway: string): string => `${gateway}-proxy`,
  snapshot: (gateway: string): string => `${gateway}-snapshot`,
  certificate: (gateway: string): string => `${gateway}-tls`,
  media: (gateway: string, suffix: string): string => `${gateway}-media-${suffix}`,
  directCertificate: (number: string): string => `${number}-direct-tls`,
  sipPassword: (number: string): string => `${number}-sip`,
};

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

export const PORTS = { meta: 5061, inside: 5060, insideTls: 5063, agent: 8080, mediaControl: 2223, mediaHttp: 2225, media: { from: 30000, to: 39999 } } as const;
