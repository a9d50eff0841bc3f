// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NAMESPACE, type World } from './world.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');

/** What `trunkline` prints to whoever asks from outside the cluster. Throws, with what it says, where it fails. */
export async function trunkline({ cluster }: World, ...words: string[]): Promise<string> {
  const args = [main, ...words, '-n', NAMESPACE, '--kubeconfig', cluster.kubeconfig];
  return (await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 })).stdout;
}
