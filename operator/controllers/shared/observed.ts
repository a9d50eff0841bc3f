// SPDX-License-Identifier: Apache-2.0
// The parts of other people's kinds that the controllers look at.
import * as z from 'zod';
import { COMPONENT_LABEL, type Component } from '../../resources/names.ts';

const metadata = z.object({
  name: z.string(),
  namespace: z.string(),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  creationTimestamp: z.string().default(''),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string(), uid: z.string() })).default([]),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const container = z.object({
  restartCount: z.int().default(0),
  state: z.object({ waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(), running: z.object({ startedAt: z.string().default('') }).optional() }).prefault({}),
  lastState: z.object({ terminated: z.object({ finishedAt: z.string().default('') }).optional() }).prefault({}),
});

export const pod = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().optional(), hostNetwork: z.boolean().default(false) }).prefault({}),
  status: z
    .object({ phase: z.string().default('Pending'), podIP: z.string().optional(), conditions: z.array(condition).default([]), initContainerStatuses: z.array(container).default([]), containerStatuses: z.array(container).default([]) })
    .prefault({}),
});

/** Of what is not namespaced. */
export const node = z.object({
  metadata: z.object({ name: z.string(), resourceVersion: z.string().default(''), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ unschedulable: z.boolean().default(false), taints: z.array(z.object({ key: z.string() })).default([]) }).prefault({}),
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]) }).prefault({}),
});

export const service = z.object({
  metadata,
  spec: z.object({ clusterIP: z.string().optional() }).prefault({}),
  status: z
    .object({
      loadBalancer: z
        .object({ ingress: z.array(z.object({ ip: z.string().optional(), hostname: z.string().optional() })).default([]) })
        .prefault({}),
    })
    .prefault({}),
});

export const deployment = z.object({
  metadata,
  spec: z.object({ replicas: z.number().default(1) }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      updatedReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      replicas: z.number().default(0),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
});

export const certificate = z.object({
  metadata,
  status: z
    .object({ revision: z.number().optional(), notAfter: z.string().optional(), conditions: z.array(condition).default([]) })
    .prefault({}),
});

export const certificateRequest = z.object({
  metadata,
  status: z.object({ conditions: z.array(condition).default([]) }).prefault({}),
});

/** A Secret's name and version; its content is read only where it is needed. */
export const secretHead = z.object({ metadata });

export const secret = z.object({ metadata, data: z.record(z.string(), z.string()).default({}) });

export type SecretHead = z.infer<typeof secretHead>;
export type Pod = z.infer<typeof pod>;
export type Node = z.infer<typeof node>;
export type Service = z.infer<typeof service>;
export type Deployment = z.infer<typeof deployment>;
export type CertificateObject = z.infer<typeof certificate>;
export type CertificateRequest = z.infer<typeof certificateRequest>;
export type Secret = z.infer<typeof secret>;

export const isTrue = (conditions: readonly { type: string; status: string }[], type: string): boolean =>
  conditions.some((entry) => entry.type === type && entry.status === 'True');

export const isReady = ({ metadata: { deletionTimestamp }, status }: Pod): boolean =>
  deletionTimestamp === undefined && isTrue(status.conditions, 'Ready');

/** The text under a Secret's key. */
export const textOf = ({ data }: Secret, key: string): string | undefined => {
  const value = data[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
};

/** Why a container waits that may wait for long. */
const TROUBLES = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff']);

/** What keeps a pod from running, in Kubernetes' own words; undefined where nothing is known to. */
export function troubleOf({ status: { conditions, initContainerStatuses, containerStatuses } }: Pod): string | undefined {
  const unscheduled = conditions.find(({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable');
  if (unscheduled) return `no node takes it: ${unscheduled.message}`;
  const waiting = [...initContainerStatuses, ...containerStatuses].map(({ state }) => state.waiting).find((each) => each && TROUBLES.has(each.reason));
  return waiting && [waiting.reason, waiting.message].filter(Boolean).join(': ');
}

export const isComponent = ({ metadata: { labels } }: Pod, component: Component): boolean => labels[COMPONENT_LABEL] === component;

/** Whether a pod has not ended for good. */
export const isAlive = ({ status: { phase } }: Pod): boolean => phase !== 'Failed' && phase !== 'Succeeded';

/** Taints by which those who empty nodes say so before they do. */
const LEAVING = new Set(['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted', 'karpenter.sh/disruption']);

/** Whether somebody is about to empty a node. */
export const isCordoned = ({ spec: { unschedulable, taints } }: Node): boolean => unschedulable || taints.some(({ key }) => LEAVING.has(key));
