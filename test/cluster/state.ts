// SPDX-License-Identifier: Apache-2.0
// Where the one cluster of this machine keeps itself, and what another process needs to know to use it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keyOf } from './cache.ts';
import { Binaries } from './binaries.ts';
import { errnoOf } from './errno.ts';

/** Everything of a running cluster is below; removed by `down` and by the next `up`. */
export const workDir = '/var/lib/trunkline-cluster';
export const logsDir = join(workDir, 'logs');
export const adminKubeconfig = join(workDir, 'admin.kubeconfig');
/** Lines `address name ...` that the cluster's DNS serves besides the cluster's own names. */
export const hostsFile = join(workDir, 'dns', 'hosts');

const State = z.strictObject({ binaries: Binaries, sandboxImage: z.string() });
export type State = z.infer<typeof State>;

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
    // What another version of this code wrote is no cluster of ours.
    return State.safeParse(JSON.parse(await readFile(stateFile, 'utf8'))).data;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function sameState(one: State, other: State): boolean {
  return keyOf(JSON.stringify(one)) === keyOf(JSON.stringify(other));
}
