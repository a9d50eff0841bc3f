// SPDX-License-Identifier: Apache-2.0
// Where the one cluster of this machine keeps itself, and what another process needs to know to use it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from './cache.ts';
import type { Binaries } from './binaries.ts';

/** Everything of a running cluster is below; removed by `down` and by the next `up`. */
export const workDir = '/var/lib/trunkline-cluster';
export const logsDir = join(workDir, 'logs');
export const adminKubeconfig = join(workDir, 'admin.kubeconfig');
/** Lines `address name ...` that the cluster's DNS serves besides the cluster's own names. */
export const hostsFile = join(workDir, 'dns', 'hosts');

export interface State {
  binaries: Binaries;
  sandboxImage: string;
}

const stateFile = join(workDir, 'cluster.json');

/** Written last by `up`: without it the cluster is not usable. */
export async function writeState(state: State): Promise<void> {
  await mkdir(workDir, { recursive: true });
  await writeFile(`${stateFile}.tmp`, JSON.stringify(state));
  await rename(`${stateFile}.tmp`, stateFile);
}

/** What the running cluster was made of, or undefined where none is complete. */
export async function readState(): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function sameState(one: State, other: State): boolean {
  return keyOf(JSON.stringify(one)) === keyOf(JSON.stringify(other));
}
