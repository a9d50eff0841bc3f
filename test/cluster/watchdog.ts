// SPDX-License-Identifier: Apache-2.0
// Outlives the process that started it for a moment: when that ends, in whatever way, this kills the
// processes named on its standard input and removes a folder. Input lines: `+PID`, `-PID`. Run as:
// watchdog.ts FOLDER
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: watchdog.ts FOLDER');
process.on('SIGINT', () => {}).on('SIGTERM', () => {});

const pids = new Set<number>();
for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) pids.add(pid);
  else pids.delete(pid);
}

for (const pid of pids) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
// A process that is just dying may still write into the folder.
await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
