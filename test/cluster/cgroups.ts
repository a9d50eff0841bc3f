// SPDX-License-Identifier: Apache-2.0
// The cgroups that hold all pods: of version 2, or in each hierarchy of version 1, as the machine has it.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterCgroup, podsCgroup } from './processes.ts';
import type { NodePlace } from './addresses.ts';
import { until } from './wait.ts';

const top = '/sys/fs/cgroup';
const unified = existsSync(join(top, 'cgroup.controllers'));

function hierarchies(): string[] {
  if (unified) return [top];
  return readdirSync(top, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(top, name));
}

/** A cgroup for the pods of a node. */
export async function createCgroups(node: NodePlace): Promise<void> {
  for (const hierarchy of hierarchies()) {
    await createCgroup(hierarchy, join(hierarchy, clusterCgroup));
    await createCgroup(join(hierarchy, clusterCgroup), join(hierarchy, podsCgroup(node)));
  }
}

async function createCgroup(parent: string, cgroup: string): Promise<void> {
  await mkdir(cgroup, { recursive: true });
  if (unified) return delegate(parent, cgroup);
  // A new cpuset has no processors and no memory: nothing could run in it.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(cgroup, file))) await writeFile(join(cgroup, file), await readFile(join(parent, file)));
  }
}

async function delegate(parent: string, cgroup: string): Promise<void> {
  const controllers = (await readFile(join(parent, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const enable = controllers.map((controller) => `+${controller}`).join(' ');
  await writeFile(join(parent, 'cgroup.subtree_control'), enable);
  await writeFile(join(cgroup, 'cgroup.subtree_control'), enable);
}

/** Removes the pods' cgroups; their processes must be dead. */
export async function removeCgroups(): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const cgroup = join(hierarchy, clusterCgroup);
    // The kernel lets go of a cgroup a moment after its last process.
    if (existsSync(cgroup)) await until(`${cgroup} to be removable`, 10, async () => removeTree(cgroup));
  }
}

async function removeTree(cgroup: string): Promise<boolean> {
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(cgroup, entry.name));
  }
  await rmdir(cgroup);
  return true;
}
