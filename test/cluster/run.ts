// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Written to the command's standard input. */
  input?: string;
}

/** A command that ended with something else than 0; the message holds what it printed. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: number | null;
  readonly output: string;

  constructor(command: string, code: number | null, output: string) {
    super(`\`${command}\` failed (${code ?? 'killed'}): ${output.trim().slice(-3000)}`);
    this.code = code;
    this.output = output;
  }
}

/** Runs a command and gives its standard output. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [command, ...args] = argv;
  if (command === undefined) throw new TypeError('run: no command given');
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A command may end without reading all of its input; its exit code tells whether that was right.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`cannot run ${command}: ${error.message}`)));
    child.on('close', resolve);
  });
  const stdout = Buffer.concat(out).toString();
  if (code !== 0) throw new CommandError(argv.join(' ').slice(0, 200), code, Buffer.concat(err).toString() || stdout);
  return stdout;
}
