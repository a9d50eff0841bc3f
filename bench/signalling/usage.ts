// SPDX-License-Identifier: Apache-2.0
// What a container takes, as its control group counts it, of either version.
import { kubectl } from '../../test/e2e/numbers.ts';
import type { World } from '../../test/e2e/world.ts';

export interface Container {
  pod: string;
  container: string;
}

const read = (world: World, { pod, container }: Container, ...files: string[]): Promise<string> =>
  kubectl(world, 'exec', pod, '-c', container, '--', 'sh', '-c', `cat ${files.map((file) => `/sys/fs/cgroup/${file}`).join(' ')} 2>/dev/null || true`);

/** Processor time until now, in milliseconds. */
export async function processorTime(world: World, container: Container): Promise<number> {
  const text = await read(world, container, 'cpuacct/cpuacct.usage', 'cpu.stat');
  const micros = /^usage_usec (\d+)/m.exec(text)?.[1];
  return micros === undefined ? Number(text.trim()) / 1e6 : Number(micros) / 1000;
}

/** Memory now, in MiB. */
export const memory = async (world: World, container: Container): Promise<number> =>
  Number(await read(world, container, 'memory/memory.usage_in_bytes', 'memory.current')) / 2 ** 20;
