// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LoopbackApi } from './loopback-api.ts';

test('a process with every part of the runtime at work ends by itself once its signal aborts', async () => {
  const api = new LoopbackApi();
  await api.up();
  api.put('a/one');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'every-part.ts'), api.connection.server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  expect({ code, output }).toEqual({ code: 0, output: 'working\nstopped\n' });
  expect(api.watches).toBe(0);
  await api.down();
}, 20_000);
