// SPDX-License-Identifier: Apache-2.0
// npm run cluster -- up | down | shell
import { delimiter } from 'node:path';
import { clientEnvironment } from './clients.ts';
import { attach, down, up } from './cluster.ts';
import { runInWorld } from './netns.ts';
import { readState } from './state.ts';
import { unsupported } from './supported.ts';

/** The exit code that means "not possible on this machine", as in automake. */
const skipped = 77;

async function shell(): Promise<number> {
  const { kubeconfig } = await attach();
  const state = await readState();
  const path = [state?.binaries.clients ?? '', process.env['PATH'] ?? ''].join(delimiter);
  console.log('You are in the world outside of the cluster, with kubectl and helm. Leave with exit.');
  return runInWorld([process.env['SHELL'] ?? 'sh'], { ...clientEnvironment(kubeconfig), PATH: path });
}

async function main(command: string | undefined): Promise<number> {
  const reason = unsupported();
  if (reason !== undefined) {
    console.error(reason);
    return skipped;
  }
  switch (command) {
    case 'up':
      await up({ reuse: true });
      console.log('The cluster is up: `npm run cluster -- shell` to look around, `npm run cluster -- down` to end it.');
      return 0;
    case 'down':
      await down();
      return 0;
    case 'shell':
      return shell();
    case undefined:
    default:
      console.error(`${command === undefined ? 'Say what to do' : `"${command}" is unknown`}: npm run cluster -- up | down | shell`);
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
  process.exitCode = 1;
}
