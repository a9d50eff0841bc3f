// SPDX-License-Identifier: Apache-2.0
// containerd's configuration, and its store of images, which outlives the cluster: loading all images
// again takes longer than all the rest of a start.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodePlace } from './addresses.ts';
import { cacheFolder } from './cache.ts';
import { cniPlugins } from './packages.ts';
import { run } from './run.ts';
import { workDir } from './state.ts';
import { until } from './wait.ts';

const folderOf = ({ suffix }: NodePlace): string => join(workDir, `containerd${suffix}`);
const socketOf = (node: NodePlace): string => join(folderOf(node), 'containerd.sock');
/** A crash of the machine may leave unpacked images without their contents: each boot has its own store. */
const bootID = readBootID();
const storeOf = ({ suffix }: NodePlace): string => `containerd-${bootID}${suffix}`;
export const cniConfigFolder = ({ suffix }: NodePlace): string => join(workDir, `cni${suffix}`);

function readBootID(): string {
  const file = '/proc/sys/kernel/random/boot_id';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** `forPods` is the node's containerd; without, it is one that knows nothing of pods. */
export function containerdCommand(node: NodePlace, forPods = true): string[] {
  return ['containerd', '--config', join(folderOf(node), forPods ? 'config.toml' : 'images.toml')];
}

export async function writeContainerdFiles(node: NodePlace, sandboxImage: string): Promise<void> {
  const folder = folderOf(node);
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(cacheFolder)) {
    if (entry.startsWith('containerd-') && !entry.startsWith(`containerd-${bootID}`)) {
      await rm(join(cacheFolder, entry), { recursive: true, force: true });
    }
  }
  const paths = `
version = 2
root = '${join(cacheFolder, storeOf(node))}'
state = '${folder}/state'
[grpc]
  address = '${socketOf(node)}'
`;
  await writeFile(join(folder, 'images.toml'), `disabled_plugins = ['io.containerd.grpc.v1.cri']${paths}`);
  await writeFile(join(folder, 'config.toml'), paths + podSettings(node, sandboxImage));
}

function podSettings(node: NodePlace, sandboxImage: string): string {
  return `
[plugins.'io.containerd.grpc.v1.cri']
  sandbox_image = '${sandboxImage}'
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins.'io.containerd.grpc.v1.cri'.cni]
    bin_dir = '${cniPlugins}'
    conf_dir = '${cniConfigFolder(node)}'
  [plugins.'io.containerd.grpc.v1.cri'.containerd]
    snapshotter = 'overlayfs'
    default_runtime_name = 'runc'
    [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/** Address of the runtime for the kubelet. */
export const containerdEndpoint = (node: NodePlace): string => `unix://${socketOf(node)}`;

/** Runs containerd's client on the images and containers of pods. */
export async function ctr(node: NodePlace, ...args: string[]): Promise<string> {
  return run(['ctr', '--address', socketOf(node), '--namespace', 'k8s.io', ...args]);
}

export async function waitForContainerd(node: NodePlace): Promise<void> {
  await until('containerd', 30, async () => (await ctr(node, 'version')) !== '');
}

/** Forgets the containers of an earlier cluster, and images that `keep` does not want. */
export async function tidyStore(node: NodePlace, keep: (image: string) => boolean): Promise<void> {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  for (const container of lines(await ctr(node, 'containers', 'list', '--quiet'))) await ctr(node, 'containers', 'delete', container);
  const images = lines(await ctr(node, 'images', 'list', '--quiet')).filter((image) => !keep(image));
  if (images.length > 0) await ctr(node, 'images', 'remove', ...images);
}
