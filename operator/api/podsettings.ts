// SPDX-License-Identifier: Apache-2.0
// Where the pods of a component run, and with what: fields of Kubernetes' own pods, under their own names.
import * as z from 'zod';
import { checked, objectName, patternString } from './schema.ts';

// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, without signs and exponents
const QUANTITY = '([0-9]+([.][0-9]+)?|[.][0-9]+)(m|k|[MGTPE]i?|Ki)?';
const isQuantity = new RegExp(`^${QUANTITY}$`);

const quantity = checked(
  z.any(),
  { description: 'A quantity, such as 2, "500m" or "256Mi".', 'x-kubernetes-int-or-string': true, maxLength: 32 },
  {
    holds: (value: unknown) => (typeof value === 'number' ? Number.isInteger(value) && value >= 0 : typeof value === 'string' && isQuantity.test(value)),
    rule: `type(self) == int ? self >= 0 : self.matches(r'^${QUANTITY}$')`,
    message: 'must be a quantity, such as 2, "500m" or "256Mi"',
  },
);

const quantities = (description: string) => z.record(z.string(), quantity).optional().meta({ description, maxProperties: 16 });

const labelValue = patternString({
  description: 'Value of the label.',
  pattern: '([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?',
  message: 'must be the value of a label: at most 63 letters, digits, dashes, dots and underscores',
  maxLength: 63,
});

const toleration = checked(
  z.object({
    key: z.string().min(1).max(317).optional().meta({ description: 'Key of the taint. Left out, with operator Exists: all taints.' }),
    operator: z.enum(['Equal', 'Exists']).default('Equal').meta({ description: 'Exists: whatever the value.' }),
    value: z.string().max(63).optional().meta({ description: 'Value of the taint.' }),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().meta({ description: 'Left out: all effects.' }),
    tolerationSeconds: z.int().min(0).optional().meta({ description: 'With effect NoExecute: seconds after which it is tolerated no more. Left out: for good.' }),
  }),
  { description: 'A taint of nodes that the pods may run on.' },
  {
    holds: ({ key, operator, value }) => (operator === 'Equal' ? key !== undefined : value === undefined),
    rule: "!has(self.operator) || self.operator == 'Equal' ? has(self.key) : !has(self.value)",
    message: 'a toleration has a key and, with operator Exists, no value',
  },
  {
    holds: ({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === 'NoExecute',
    rule: "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
    message: 'tolerationSeconds goes with effect NoExecute',
  },
);

const spread = z
  .object({
    topologyKey: z.string().min(1).max(317).meta({ description: 'Label of nodes that tells the places apart.' }),
    maxSkew: z.int().min(1).default(1).meta({ description: 'By so many pods two places may differ.' }),
    whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']).default('ScheduleAnyway').meta({ description: 'DoNotSchedule: a pod that would differ more waits.' }),
  })
  .meta({ description: 'Places over which the pods are spread.' });

/** A node that fails takes as few calls with it as can be. */
const BY_NODE = { topologyKey: 'kubernetes.io/hostname', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' as const };

interface Resources {
  requests: Readonly<Record<string, string>>;
  limits: Readonly<Record<string, string>>;
}

/**
 * Settings of pods that stand beside those of a component.
 * @param whose whose resources are meant
 */
export const podSettings = (whose: string, resources: Resources) => ({
  resources: z
    .object({ requests: quantities('What it is sure to have.'), limits: quantities('The most that it may take. A limit of cpu makes gaps in audio where it is reached.') })
    .default(resources)
    .meta({ description: `Resources of ${whose}.` }),
  nodeSelector: z.record(z.string(), labelValue).optional().meta({ description: 'Labels of the nodes that the pods may run on.', maxProperties: 32 }),
  tolerations: z.array(toleration).max(32).optional().meta({ description: 'Taints of nodes that the pods may run on all the same.', 'x-kubernetes-list-type': 'atomic' }),
  topologySpreadConstraints: z
    .array(spread)
    .max(8)
    .default([BY_NODE])
    .meta({ description: 'How the pods are spread over nodes or zones.', 'x-kubernetes-list-type': 'atomic' }),
  priorityClassName: objectName('PriorityClass of the pods, by which they may displace others.').optional(),
});

export type PodSettings = z.output<z.ZodObject<ReturnType<typeof podSettings>>>;
