// SPDX-License-Identifier: Apache-2.0
// Pods as tests look at them and break them.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as z from 'zod';
import { sipGateway, type SipGateway, type SipGatewayStatus } from '../../operator/api/sipgateway.ts';
import { POD, SIP_GATEWAY } from '../../operator/controllers/shared/kinds.ts';
import { errnoOf } from '../cluster/errno.ts';
import { waitFor } from '../stage/wait.ts';
import { NAMESPACE, type World } from './world.ts';

const containerStatus = z.object({ name: z.string(), restartCount: z.number(), containerID: z.string().default('') });
const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({
    podIP: z.string().optional(),
    containerStatuses: z.array(containerStatus).default([]),
    initContainerStatuses: z.array(containerStatus).default([]),
  }),
});

export type Pod = z.infer<typeof pod>;

/** The pods of one component of the default gateway that are not on their way out. */
export const podsOf = (world: World, component: 'proxy' | 'media'): Promise<Pod[]> => podsWith(world, `trunkline.dev/component=${component},trunkline.dev/gateway=default`);

async function podsWith({ client }: World, labelSelector: string): Promise<Pod[]> {
  const { items } = await client.list(POD, { namespace: NAMESPACE, labelSelector });
  return items.map((item) => pod.parse(item)).filter(({ metadata }) => !metadata.deletionTimestamp);
}

/** Kills all operators at once, as a machine would that fails. */
export async function killOperators(world: World): Promise<void> {
  for (const each of await podsWith(world, 'app.kubernetes.io/component=operator')) {
    for (const { containerID } of statuses(each)) for (const pid of processesOf(containerID)) send(pid, 'SIGKILL');
  }
}

/** The default gateway as it is now. */
export const theGateway = async ({ client }: World): Promise<SipGateway> => sipGateway.parse(await client.get(SIP_GATEWAY, { namespace: NAMESPACE, name: 'default' }));

/** What that says of its media pods; of none until it says something. */
export const mediaStatus = async (world: World): Promise<NonNullable<SipGatewayStatus['media']>> =>
  (await theGateway(world)).status?.media ?? { summary: '', calls: 0, capacity: 0, neededPods: 0, pods: [] };

/** Changes the spec of the default gateway. */
export const changeGateway = ({ client }: World, spec: object): Promise<unknown> => client.mergePatch(SIP_GATEWAY, { namespace: NAMESPACE, name: 'default' }, { spec });

const statuses = ({ status }: Pod) => [...status.initContainerStatuses, ...status.containerStatuses];

/** Every pod of the data plane with its containers' restarts: equal means that nothing was replaced or restarted. */
export async function fingerprint(world: World): Promise<string[]> {
  const pods = [...(await podsOf(world, 'proxy')), ...(await podsOf(world, 'media'))];
  return pods.map((each) => `${each.metadata.uid} ${statuses(each).map(({ name, restartCount }) => `${name}=${restartCount}`).join(' ')}`);
}

/** Kills a container of the first proxy as an out-of-memory kill would: all its processes at once. Waits for its restart. */
export async function killContainer(world: World, name: 'agent' | 'kamailio'): Promise<void> {
  const victim = await signalContainer(world, name, 'SIGKILL');
  await waitFor(`container "${name}" to be started again`, async () => {
    const [now] = await podsOf(world, 'proxy');
    return now && statuses(now).some((status) => status.name === name && status.restartCount > victim.restartCount);
  });
}

/** Sends a signal to all processes of a container, in the first pod that has one or in that at an address. Returns the container as it was. */
export async function signalContainer(world: World, name: ContainerName, signal: NodeJS.Signals, address?: string) {
  const container = await containerOf(world, name, address);
  for (const pid of processesOf(container.containerID)) send(pid, signal);
  return container;
}

type ContainerName = 'agent' | 'kamailio' | 'rtpengine';

async function containerOf(world: World, name: ContainerName, address?: string) {
  const component = name === 'rtpengine' ? 'media' : 'proxy';
  const found = (await podsOf(world, component)).find(({ status }) => address === undefined || status.podIP === address);
  const container = found && statuses(found).find((status) => status.name === name);
  if (!container) throw new Error(`no container "${name}" in a ${component} pod`);
  return container;
}

/** Sends a signal to rtpengine of the media pod at an address, and to nothing else. */
export async function signalRelay(world: World, signal: NodeJS.Signals, address: string): Promise<void> {
  const { containerID } = await containerOf(world, 'rtpengine', address);
  const [relay] = processesOf(containerID).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'rtpengine');
  if (!relay) throw new Error('no rtpengine runs in the media pod');
  send(relay, signal);
}

/** What the engine of the first proxy answers to a command on its own port, which is open to nobody outside its pod. */
export async function askEngine(world: World, method: string): Promise<string> {
  const [first] = await podsOf(world, 'proxy');
  const container = first && statuses(first).find(({ name }) => name === 'kamailio');
  const [pid] = processesOf(container?.containerID ?? 'none');
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method });
  const ask = `fetch('http://127.0.0.1:5062/RPC', { method: 'POST', body: '${body}' }).then((r) => r.text()).then((t) => process.stdout.write(t))`;
  const { stdout } = await promisify(execFile)('nsenter', ['-n', '-t', String(pid), process.execPath, '-e', ask]);
  return stdout;
}

/** Signals a process, unless it has just ended: the first one of a container takes the others with it. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

/**
 * Processes on this machine that run in a container, by the name of their control group.
 * @param containerID as a pod's status has it: after the name of the runtime
 */
function processesOf(containerID: string): number[] {
  const id = containerID.split('://').at(-1) ?? containerID;
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => cgroupOf(pid).includes(id)).map(Number);
}

function cgroupOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    // Ended since the folder was read.
    return '';
  }
}
