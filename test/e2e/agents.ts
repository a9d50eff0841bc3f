// SPDX-License-Identifier: Apache-2.0
// What the agents of the default gateway's proxies say.
import { agentStatus, type AgentStatus } from '../../media/agent/status.ts';
import { waitFor } from '../stage/wait.ts';
import { podsOf } from './pods.ts';
import { NAMESPACE, type World } from './world.ts';

export async function agentStatuses(world: World): Promise<AgentStatus[]> {
  const pods = await podsOf(world, 'proxy');
  const texts = pods.map(({ metadata }) => world.client.getText(`/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}:8080/proxy/status`));
  return (await Promise.all(texts)).map((text) => agentStatus.parse(JSON.parse(text)));
}

/** Waits until calls can be counted: for some seconds after a media pod has gone they cannot. */
export const callsCounted = (world: World): Promise<unknown> =>
  waitFor('calls to be counted', async () => (await agentStatuses(world)).every(({ calls }) => calls), { timeoutMs: 90_000 });
