// SPDX-License-Identifier: Apache-2.0
import type * as z from 'zod';
import { GROUP, VERSION, type KindDefinition } from './group.ts';
import { sipGatewayDefinition, sipGatewaySpec, sipGatewayStatus } from './sipgateway.ts';
import { sipRouteDefinition, sipRouteSpec, sipRouteStatus } from './siproute.ts';
import { toStructural, type Schema } from './structural.ts';
import { whatsAppNumberDefinition, whatsAppNumberSpec, whatsAppNumberStatus } from './whatsappnumber.ts';

/** An object nobody has looked at must not pass for done: tools that wait read this until the operator writes its own. */
const DEFAULT_STATUS = {
  conditions: [
    {
      type: 'Ready',
      status: 'Unknown',
      reason: 'Pending',
      message: 'Waiting for the operator',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    },
  ],
};

/** The CustomResourceDefinition of one kind. */
export function toCrd(definition: KindDefinition, spec: z.ZodType, status: z.ZodType): Schema {
  const { kind, plural, singular, shortName, description, rules, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName], categories: ['trunkline'] },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: openApi(description, rules, toStructural(spec), toStructural(status)) },
        },
      ],
    },
  };
}

function openApi(description: string, rules: KindDefinition['rules'], spec: Schema, status: Schema): Schema {
  return {
    type: 'object',
    description,
    required: ['spec'],
    ...(rules.length ? { 'x-kubernetes-validations': rules } : {}),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: { ...status, default: DEFAULT_STATUS },
    },
  };
}

/** All our CRDs, by file name. */
export const crds = (): Record<string, Schema> => ({
  'sipgateways.yaml': toCrd(sipGatewayDefinition, sipGatewaySpec, sipGatewayStatus),
  'siproutes.yaml': toCrd(sipRouteDefinition, sipRouteSpec, sipRouteStatus),
  'whatsappnumbers.yaml': toCrd(whatsAppNumberDefinition, whatsAppNumberSpec, whatsAppNumberStatus),
});
