// SPDX-License-Identifier: Apache-2.0
// The cluster's processes by name. Their command lines follow from the state alone, so that any process
// can start one again.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstNode, nodeAddress, type NodePlace } from './addresses.ts';
import { containerdCommand, tidyStore, waitForContainerd } from './containerd.ts';
import { etcdCommand, apiServerCommand, controllerManagerCommand, schedulerCommand } from './controlplane.ts';
import { corednsCommand } from './dns.ts';
import { isBuilt } from './images.ts';
import { inNetns, netnsOf } from './netns.ts';
import { kubeletCommand, kubeProxyCommand, mountNamespaceCommand, mountsReady } from './node.ts';
import { findProcess, hasEnded, killIfThere, startProcess } from './processes.ts';
import { adminKubeconfig, logsDir, type State, workDir } from './state.ts';
import { until } from './wait.ts';

export const pki = join(workDir, 'pki');
const etcdPort = 2379;

export const componentNames = [
  'mounts',
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'coredns',
  'cert-manager',
  'cloud',
] as const;
export type Component = (typeof componentNames)[number];
export type NodeComponent = Extract<Component, 'mounts' | 'containerd' | 'kubelet' | 'kube-proxy'>;

/** Where the kubeconfig of one of the cluster's own users is. */
export function kubeconfigOf(user: string): string {
  return join(workDir, `${user}.kubeconfig`);
}

type Command = (state: State) => string[];

/** What each node has one of. */
const nodeCommands = (node: NodePlace): Readonly<Record<NodeComponent, Command>> => ({
  mounts: () => mountNamespaceCommand(node),
  containerd: () => containerdCommand(node),
  kubelet: ({ binaries }) => kubeletCommand(node, join(binaries.kubernetes, 'kubelet'), kubeconfigOf(`kubelet${node.suffix}`)),
  'kube-proxy': ({ binaries }) => kubeProxyCommand(node, join(binaries.kubernetes, 'kube-proxy'), kubeconfigOf('kube-proxy')),
});

const commands: Readonly<Record<Component, Command>> = {
  ...nodeCommands(firstNode),
  etcd: ({ binaries }) =>
    etcdCommand({ binary: binaries.etcd, dataDir: join(workDir, 'etcd'), clientPort: etcdPort, peerPort: 2380 }),
  'kube-apiserver': ({ binaries }) =>
    apiServerCommand({
      binary: join(binaries.kubernetes, 'kube-apiserver'),
      pki,
      address: nodeAddress,
      port: 6443,
      etcdPort,
      auditLog: join(logsDir, 'audit.log'),
    }),
  'kube-controller-manager': ({ binaries }) =>
    controllerManagerCommand(
      join(binaries.kubernetes, 'kube-controller-manager'),
      pki,
      kubeconfigOf('kube-controller-manager'),
    ),
  'kube-scheduler': ({ binaries }) =>
    schedulerCommand(join(binaries.kubernetes, 'kube-scheduler'), kubeconfigOf('kube-scheduler')),
  coredns: ({ binaries }) => corednsCommand(binaries.coredns),
  'cert-manager': ({ binaries }) => [binaries.certManager, `-kubeconfig=${adminKubeconfig}`],
  cloud: () => [process.execPath, join(import.meta.dirname, 'cloud.ts'), adminKubeconfig],
};

/** Starts one component; a component that runs already is left alone. */
export async function startComponent(name: Component, state: State): Promise<void> {
  if (findProcess(name) !== undefined) return;
  startProcess({ name, argv: [...(await placeOf(name, firstNode)), ...commands[name](state)] });
}

/** As {@link startComponent}, of another node. */
export async function startNodeComponent(node: NodePlace, part: NodeComponent, state: State): Promise<void> {
  const name = `${part}${node.suffix}`;
  if (findProcess(name) !== undefined) return;
  startProcess({ name, argv: [...(await placeOf(part, node)), ...nodeCommands(node)[part](state)] });
}

/** The words before a command that make it run where it belongs. */
async function placeOf(name: Component, node: NodePlace): Promise<string[]> {
  return name === 'containerd' || name === 'kubelet' ? inNodeMounts(node) : inNetns(netnsOf(node));
}

/** The words before a command that make it run in a node's network and mount namespaces. */
async function inNodeMounts(node: NodePlace): Promise<string[]> {
  await until('the mount namespace of the node', 10, async () => existsSync(mountsReady(node)));
  const keeper = findProcess(`mounts${node.suffix}`);
  if (keeper === undefined) throw new Error('The mount namespace of the node is gone: the cluster is broken.');
  const [nsenter = '', ...rest] = inNetns(netnsOf(node));
  return [nsenter, `--mount=/proc/${keeper}/ns/mnt`, ...rest];
}

/** Makes a node's store of images as it was before pods were run from it; containerd must not be running. */
export async function tidyImages(node: NodePlace): Promise<void> {
  const name = `containerd-tidy${node.suffix}`;
  startProcess({ name, argv: [...(await inNodeMounts(node)), ...containerdCommand(node, false)] });
  await waitForContainerd(node);
  await tidyStore(node, isBuilt);
  const pid = findProcess(name);
  if (pid === undefined) throw new Error('containerd has ended while it was tidied: see its log');
  killIfThere(pid, 'SIGTERM');
  await until('containerd to end', 10, async () => hasEnded(pid));
}

/** Sends a signal to one component, and waits for its end where the signal is a deadly one. */
export async function killComponent(name: Component, signal: NodeJS.Signals): Promise<void> {
  const pid = findProcess(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  killIfThere(pid, signal);
  if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
  await until(`${name} to end after ${signal}`, 90, async () => hasEnded(pid));
}
