// SPDX-License-Identifier: Apache-2.0
import { request } from 'undici';
import { agentStatus, type AgentStatus } from '../../../media/agent/status.ts';
import { COMPONENT_LABEL, PORTS, TEMPLATE_ANNOTATION, type Component } from '../../resources/names.ts';
import type { MediaPod } from '../../scaling/media.ts';
import { isReady, type Pod } from '../shared/observed.ts';
import type { ProxyView } from './view.ts';

const ASK_MS = 2000;

export const isComponent = (pod: Pod, component: Component): boolean => pod.metadata.labels[COMPONENT_LABEL] === component;

/** The proxies that are not on their way out, each with what its agent says, which waits a little for a revision of the snapshot's Secret. */
export function viewProxies(pods: readonly Pod[], revision: string | undefined, signal: AbortSignal): Promise<ProxyView[]> {
  const proxies = pods.filter((pod) => isComponent(pod, 'proxy') && !pod.metadata.deletionTimestamp && isAlive(pod));
  return Promise.all(
    proxies.map(async (pod) => ({ name: pod.metadata.name, ready: isReady(pod), agent: await askAgent(pod, revision, signal) })),
  );
}

/** The media pods, each with the calls that it relays; `relays` are those that the proxies send calls to, where that is known. */
export function viewMedia(
  pods: readonly Pod[],
  relays: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<(MediaPod & { address: string | undefined })[]> {
  return Promise.all(
    pods
      .filter((pod) => isComponent(pod, 'media'))
      .map(async (pod) => ({
        name: pod.metadata.name,
        createdAt: pod.metadata.creationTimestamp,
        templateHash: pod.metadata.annotations[TEMPLATE_ANNOTATION],
        state: mediaState(pod),
        calls: await askCalls(pod, signal),
        offered: relays?.includes(pod.metadata.name) ?? true,
        address: pod.status.podIP,
      })),
  );
}

function mediaState(pod: Pod): MediaPod['state'] {
  if (pod.metadata.deletionTimestamp) return 'leaving';
  if (!isAlive(pod)) return 'ended';
  return isReady(pod) ? 'ready' : 'starting';
}

const isAlive = (pod: Pod): boolean => pod.status.phase !== 'Failed' && pod.status.phase !== 'Succeeded';

async function askAgent(pod: Pod, revision: string | undefined, signal: AbortSignal): Promise<AgentStatus | undefined> {
  const text = await ask(pod, PORTS.agent, revision === undefined ? '/status' : `/status?revision=${revision}`, signal);
  try {
    return agentStatus.parse(JSON.parse(text ?? ''));
  } catch {
    // Not an agent's answer: as good as none.
    return undefined;
  }
}

/** `rtpengine_sessions{type="own"}`: sessions that this relay set up itself. */
async function askCalls(pod: Pod, signal: AbortSignal): Promise<number | undefined> {
  const text = await ask(pod, PORTS.mediaHttp, '/metrics', signal);
  const match = text && /^rtpengine_sessions\{type="own"\}\s+(\d+)/m.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** A pod's page; undefined where it has no address or does not answer, which its conditions then show. */
async function ask(pod: Pod, port: number, path: string, signal: AbortSignal): Promise<string | undefined> {
  const { podIP } = pod.status;
  if (!podIP) return undefined;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
    const { statusCode, body } = await request(`http://${podIP}:${port}${path}`, { signal: limit });
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
