// SPDX-License-Identifier: Apache-2.0
// Built things, kept machine-wide so that a fresh clone starts warm.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from './errno.ts';

export const cacheFolder =
  process.env['TRUNKLINE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'trunkline');

/** Twelve hex digits over the given texts: names a cached thing by all that goes into it. */
export function keyOf(...inputs: readonly string[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input.length}:${input}`);
  return hash.digest('hex').slice(0, 12);
}

/** Hash over all files below a folder: names, contents and whether they can be executed. */
export async function folderKey(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const inputs: string[] = [];
  for (const file of files.sort()) {
    const { mode } = await stat(file);
    const content = createHash('sha256').update(await readFile(file)).digest('hex');
    inputs.push(file.slice(folder.length), (mode & 0o111) === 0 ? 'file' : 'program', content);
  }
  return keyOf(...inputs);
}

/**
 * The cached folder `name`; where it is missing, `build` fills it. It appears under its name only when
 * complete: a run killed in the middle leaves a `.tmp` folder, which the next build of any thing removes.
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const path = join(cacheFolder, name);
  if (existsSync(path)) return path;
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned();
  const partial = await mkdtemp(join(cacheFolder, `.tmp-${process.pid}-`));
  try {
    await build(partial);
    await rename(partial, path).catch((error: unknown) => {
      // Another run was faster, with the same inputs.
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return path;
}

async function removeAbandoned(): Promise<void> {
  for (const entry of await readdir(cacheFolder)) {
    const pid = /^\.tmp-(\d+)-/.exec(entry)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(join(cacheFolder, entry), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
