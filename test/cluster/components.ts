// SPDX-License-Identifier: Apache-2.0
// The cluster's processes by name. Their command lines follow from the state alone, so that any process
// can start one again.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeAddress } from './addresses.ts';
import { containerdCommand, tidyStore, waitForContainerd } from './containerd.ts';
import { etcdCommand, apiServerCommand, controllerManagerCommand, schedulerCommand } from './controlplane.ts';
import { corednsCommand } from './dns.ts';
import { isBuilt } from './images.ts';
import { inNetns, nodeNetns } from './netns.ts';
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

/** Where the kubeconfig of one of the cluster's own users is. */
export function kubeconfigOf(user: string): string {
  return join(workDir, `${user}.kubeconfig`);
}

type Command = (state: State) => string[];

const commands: Readonly<Record<Component, Command>> = {
  mounts: mountNamespaceCommand,
  etcd: ({ binaries }) =>
    etcdCommand({ binary: binaries.etcd, dataDir: join(workDir, 'etcd'), clientPort: etcdPort, peerPort: 2380 }),
  containerd: () => containerdCommand(),
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
  kubelet: ({ binaries }) => kubeletCommand(join(binaries.kubernetes, 'kubelet'), kubeconfigOf('kubelet')),
  'kube-proxy': ({ binaries }) => kubeProxyCommand(join(binaries.kubernetes, 'kube-proxy'), kubeconfigOf('kube-proxy')),
  coredns: ({ binaries }) => corednsCommand(binaries.coredns),
  'cert-manager': ({ binaries }) => [binaries.certManager, `-kubeconfig=${adminKubeconfig}`],
  cloud: () => [process.execPath, join(import.meta.dirname, 'cloud.ts'), adminKubeconfig],
};

/** Starts one component; a component that runs already is left alone. */
export async function startComponent(name: Component, state: State): Promise<void> {
  if (findProcess(name) !== undefined) return;
  const inMounts = name === 'containerd' || name === 'kubelet';
  const enter = inMounts ? await inNodeMounts() : inNetns(nodeNetns);
  startProcess({ name, argv: [...enter, ...commands[name](state)] });
}

/** The words before a command that make it run in the node's network and mount namespaces. */
async function inNodeMounts(): Promise<string[]> {
  await until('the mount namespace of the node', 10, async () => existsSync(mountsReady));
  const keeper = findProcess('mounts');
  if (keeper === undefined) throw new Error('The mount namespace of the node is gone: the cluster is broken.');
  const [nsenter = '', ...rest] = inNetns(nodeNetns);
  return [nsenter, `--mount=/proc/${keeper}/ns/mnt`, ...rest];
}

/** Makes the store of images as it was before pods were run from it; containerd must not be running. */
export async function tidyImages(): Promise<void> {
  const name = 'containerd-tidy';
  startProcess({ name, argv: [...(await inNodeMounts()), ...containerdCommand(false)] });
  await waitForContainerd();
  await tidyStore(isBuilt);
  const pid = findProcess(name);
  if (pid === undefined) throw new Error('containerd has ended while it was tidied: see logs/containerd-tidy.log');
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
