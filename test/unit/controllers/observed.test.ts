// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { proxyTrouble } from '../../../operator/controllers/gateway/pods.ts';
import { deployment, pod, troubleOf } from '../../../operator/controllers/shared/observed.ts';

const metadata = { name: 'p', namespace: 'voice', labels: { 'trunkline.dev/component': 'proxy' } };
const podWith = (status: object) => pod.parse({ metadata, status });
const unscheduled = podWith({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available' }] });
const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });

describe('what keeps a pod from running', () => {
  it('is that no node takes it', () => {
    expect(troubleOf(unscheduled)).toBe('no node takes it: 0/2 nodes are available');
  });

  it('is a container that cannot begin, in Kubernetes’ words', () => {
    expect(troubleOf(podWith({ containerStatuses: [{}, waiting('ImagePullBackOff', 'Back-off pulling image "r:2"')] }))).toBe('ImagePullBackOff: Back-off pulling image "r:2"');
    expect(troubleOf(podWith({ initContainerStatuses: [waiting('CrashLoopBackOff')] }))).toBe('CrashLoopBackOff');
  });

  it('is nothing where it is about to begin, or runs', () => {
    expect([{}, { containerStatuses: [waiting('ContainerCreating')] }, { containerStatuses: [{ state: { running: {} } }] }].map((status) => troubleOf(podWith(status)))).toEqual([undefined, undefined, undefined]);
  });
});

describe('what keeps a proxy from running', () => {
  const refusing = deployment.parse({ metadata, spec: {}, status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'no PriorityClass with name voice was found' }] } });

  it('is what Kubernetes says of the Deployment, or else of a pod', () => {
    expect(proxyTrouble(refusing, [unscheduled])).toBe('no PriorityClass with name voice was found');
    expect(proxyTrouble(undefined, [unscheduled])).toBe('p: no node takes it: 0/2 nodes are available');
    expect(proxyTrouble(undefined, [podWith({})])).toBeUndefined();
  });
});
