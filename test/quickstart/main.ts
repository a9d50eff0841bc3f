// SPDX-License-Identifier: Apache-2.0
// npm start: a cluster, the operator, a call you can hear. Takes everything down at the end.
import { closeSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { down, up } from '../cluster/cluster.ts';
import { enterWorld } from '../cluster/netns.ts';
import { finishedSteps } from '../cluster/steps.ts';
import { unsupported } from '../cluster/supported.ts';
import { buildImages, imagesForWorld } from '../stage/images.ts';

const USAGE = `npm start [-- --once] [--json FILE]
  --once       take everything down after the call; exit code 0 only if audio went both ways
  --json FILE  write what happened as JSON`;

interface Options {
  once: boolean;
  json: string | undefined;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, json: { type: 'string' } } });
    if (values.json !== undefined) refuseUnwritable(values.json);
    return { once: values.once, json: values.json };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return undefined;
  }
}

/** @throws before anything is started for a file that could not be written at the end. */
function refuseUnwritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Error(`--json: the file cannot be written: ${error instanceof Error ? error.message : String(error)}. Name one in a folder that exists and is yours`, { cause: error });
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) return 2;
  const reason = unsupported();
  if (reason) {
    console.error(reason);
    return 1;
  }
  try {
    await up();
    const images = await buildImages();
    const settings = { TRUNKLINE_QUICKSTART: JSON.stringify({ ...options, steps: finishedSteps() }) };
    return await enterWorld([join(import.meta.dirname, 'show.ts')], { ...settings, ...imagesForWorld(images) });
  } finally {
    await down();
  }
}

process.on('SIGINT', () => {}).on('SIGTERM', () => {});
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
