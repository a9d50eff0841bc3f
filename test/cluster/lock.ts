// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';

const lockFile = '/run/trunkline-cluster.lock';

/**
 * Takes the machine's one lock on the cluster until the returned function is called or this process
 * ends in whatever way: a child holds it, and ends when its standard input does.
 */
export async function lockCluster(): Promise<() => Promise<void>> {
  const child = spawn('flock', ['--nonblock', lockFile, 'sh', '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // Ctrl-C is for us, not for the lock
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const got = await Promise.race([
    new Promise<true>((resolve) => child.stdout.once('data', () => resolve(true))),
    ended.then(() => false),
  ]);
  if (!got) {
    const holder = (await readFile(lockFile, 'utf8')).trim();
    throw new Error(
      `The cluster of this machine is in use by process ${holder}: there is one per machine. Wait for it to end, or end it.`,
    );
  }
  await writeFile(lockFile, `${process.pid}\n`);
  child.unref();
  for (const stream of [child.stdin, child.stdout]) if (stream instanceof Socket) stream.unref();
  return async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
}
