// SPDX-License-Identifier: Apache-2.0
// npm run bench -- NAME: boots a cluster, measures one thing on it, says what came out, and takes the cluster down.
import { join } from 'node:path';
import { down, up } from '../test/cluster/cluster.ts';
import { enterWorld } from '../test/cluster/netns.ts';
import { unsupported } from '../test/cluster/supported.ts';
import { buildImages, imagesForWorld } from '../test/stage/images.ts';

const BENCHES = ['routes'];

async function main([name = '']: string[]): Promise<number> {
  const problem = BENCHES.includes(name) ? unsupported() : `say what to measure: npm run bench -- ${BENCHES.join('|')}`;
  if (problem) {
    console.error(problem);
    return 2;
  }
  try {
    await up();
    const images = imagesForWorld(await buildImages());
    return await enterWorld([join(import.meta.dirname, `${name}.ts`)], images);
  } finally {
    await down();
  }
}

process.on('SIGINT', () => {}).on('SIGTERM', () => {});
process.exitCode = await main(process.argv.slice(2));
