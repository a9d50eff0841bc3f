// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { removeCgroups } from './cgroups.ts';
import { removeNetworks } from './netns.ts';
import { killAll } from './processes.ts';
import { workDir } from './state.ts';

/**
 * Removes the cluster of this machine, whole, half-made or half-removed. Mounts and the pods' network
 * namespaces need no care: they end with the last process of the node's mount namespace.
 */
export async function removeCluster(): Promise<void> {
  await killAll();
  await removeNetworks();
  await removeCgroups();
  await rm(workDir, { recursive: true, force: true });
}
