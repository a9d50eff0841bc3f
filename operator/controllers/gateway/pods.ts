// SPDX-License-Identifier: Apache-2.0
import { agentStatus, type AgentStatus } from '../../../media/agent/status.ts';
import { PORTS } from '../../resources/names.ts';
import { ask } from '../shared/ask.ts';
import { isAlive, isComponent, isReady, troubleOf, type Deployment, type Pod } from '../shared/observed.ts';
import type { ProxyView } from './view.ts';

/** The proxies that are not on their way out, each with what its agent says, which waits a little for a revision of the snapshot's Secret. */
export function viewProxies(pods: readonly Pod[], revision: string | undefined, signal: AbortSignal): Promise<ProxyView[]> {
  const proxies = pods.filter((pod) => isComponent(pod, 'proxy') && !pod.metadata.deletionTimestamp && isAlive(pod));
  return Promise.all(
    proxies.map(async (pod) => ({ name: pod.metadata.name, ready: isReady(pod), agent: await askAgent(pod, revision, signal) })),
  );
}

/** What keeps a proxy from running: Kubernetes makes no pod for it, or the pod does not come up. */
export function proxyTrouble(deployment: Deployment | undefined, pods: readonly Pod[]): string | undefined {
  const refused = deployment?.status.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (refused) return refused.message;
  const [first] = pods.filter((pod) => isComponent(pod, 'proxy') && !pod.metadata.deletionTimestamp).flatMap((pod) => {
    const trouble = troubleOf(pod);
    return trouble ? [`${pod.metadata.name}: ${trouble}`] : [];
  });
  return first;
}

async function askAgent(pod: Pod, revision: string | undefined, signal: AbortSignal): Promise<AgentStatus | undefined> {
  const text = await ask(pod, PORTS.agent, revision === undefined ? '/status' : `/status?revision=${revision}`, signal);
  try {
    return agentStatus.parse(JSON.parse(text ?? ''));
  } catch {
    // Not an agent's answer: as good as none.
    return undefined;
  }
}
