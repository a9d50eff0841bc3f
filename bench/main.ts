// SPDX-License-Identifier: Apache-2.0
// npm run bench -- NAME: boots a cluster, measures one thing on it, says what came out, and takes the cluster down.
import { join } from 'node:path';
import { down, up } from '../test/cluster/cluster.ts';
import { isCurrent } from '../test/cluster/currentcluster.ts';
import { enterWorld } from '../test/cluster/netns.ts';
import { sippCommand } from '../test/cluster/sipp.ts';
import { unsupported } from '../test/cluster/supported.ts';
import { wantedCalls, wantedNumbers } from '../test/load/wanted.ts';
import { buildImages, imagesForWorld } from '../test/stage/images.ts';

const BENCHES = ['routes', 'calls', 'signalling', 'surge', 'upheaval', 'killed'];

/** What is wrong with how it was asked, or with the machine. */
function problemWith(name: string): string | undefined {
  if (!BENCHES.includes(name)) return `say what to measure: npm run bench -- ${BENCHES.join('|')}`;
  try {
    wantedNumbers(1);
    wantedCalls(1);
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
  return unsupported();
}

async function main([name = '']: string[]): Promise<number> {
  const problem = problemWith(name);
  if (problem) {
    console.error(problem);
    return 2;
  }
  try {
    await up();
    const images = imagesForWorld(await buildImages());
    // The world has no way to fetch it.
    if (!isCurrent()) await sippCommand();
    return await enterWorld([join(import.meta.dirname, `${name}.ts`)], images);
  } finally {
    await down();
  }
}

process.on('SIGINT', () => {}).on('SIGTERM', () => {});
process.exitCode = await main(process.argv.slice(2));
