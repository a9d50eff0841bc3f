// SPDX-License-Identifier: Apache-2.0
// sipp as a telephone, a PBX or Meta, whatever its scenario says: started, waited for, counted.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sippCommand } from '../cluster/sipp.ts';
import { waitFor } from '../stage/wait.ts';
import type { Place } from './tlsfront.ts';

export interface SippOptions {
  /** Name of a file of sipp/. */
  scenario: string;
  transport: 'UDP' | 'TCP';
  /** Its own address, and the port that it is called on where it waits for calls. */
  address: string;
  port?: number;
  /** Whom it calls; without one it waits for calls. */
  to?: Place;
  /** The part of the request URI before the host. */
  callee?: string;
  /** As whom it answers a challenge. */
  user?: { name: string; password: string };
  /** How many calls until it ends by itself; without end where left out. */
  calls?: number;
  /** Calls a second, and the most at once. */
  rate?: number;
  atOnce?: number;
  /** By how many connections all its calls go; one each where left out. */
  connections?: number;
  /** Port that it sends audio back from. */
  echo?: number;
  /** How long it talks, where its scenario leaves that open; 100 where left out. */
  talkMs?: number;
  /** After so long it gives up; two minutes where left out. */
  seconds?: number;
  /** What the scenario has in brackets and sipp does not know. */
  words?: Readonly<Record<string, string>>;
}

/** What sipp says of its calls. */
export interface Tally {
  succeeded: number;
  failed: number;
  /** What went wrong where some failed. */
  complaints: string;
}

/** As many connections as there can be, where each call has one. */
const CONNECTIONS = 1000;
const FOLDER = join(import.meta.dirname, 'sipp');

const option = (name: string, value: string | number | undefined): string[] => (value === undefined ? [] : [name, String(value)]);

function argumentsFor(options: SippOptions, folder: string): string[] {
  const { scenario, transport, address, to, user, connections, echo, talkMs = 100, seconds = 120, words = {} } = options;
  const oneEach = transport === 'TCP' && to !== undefined;
  return [
    ...(to ? [`${to.host}:${to.port}`] : []),
    '-sf', join(FOLDER, `${scenario}.xml`),
    '-t', transport === 'UDP' ? 'u1' : oneEach ? 'tn' : 't1',
    ...(oneEach ? ['-max_socket', String(connections ?? CONNECTIONS)] : []),
    '-i', address, ...option('-p', options.port),
    ...option('-s', options.callee),
    ...(user ? ['-au', user.name, '-ap', user.password] : []),
    ...option('-m', options.calls), ...option('-r', options.rate), ...option('-l', options.atOnce),
    ...(echo === undefined ? [] : ['-rtp_echo', '-mi', address, '-mp', String(echo)]),
    '-d', String(talkMs),
    '-timeout', `${seconds}s`, '-timeout_error',
    ...Object.entries(words).flatMap(([name, value]) => ['-key', name, value]),
    '-trace_stat', '-stf', join(folder, 'tally.csv'), '-fd', '1',
    '-trace_err', '-error_file', join(folder, 'errors.log'),
    // A busy machine is no reason to give up.
    '-watchdog_interval', '0', '-nostdin',
  ];
}

export class Sipp {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #over: Promise<void>;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#over = new Promise((resolve, reject) => child.once('error', reject).once('exit', () => resolve()));
  }

  /** Starts it; one that waits for calls is ready for them. */
  static async start(options: SippOptions): Promise<Sipp> {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-sipp-'));
    const words = ['--pdeathsig', 'KILL', '--', ...(await sippCommand()), ...argumentsFor(options, folder)];
    // Its pictures of itself are for a terminal.
    const sipp = new Sipp(spawn('setpriv', words, { cwd: folder, stdio: 'ignore' }), folder);
    const { to, port } = options;
    if (to === undefined && port !== undefined) {
      const listens = (): boolean => sipp.#child.exitCode !== null || isBound(options.transport, port);
      await waitFor(`sipp to listen on port ${port}`, listens, { timeoutMs: 20_000, last: () => sipp.complaints() });
    }
    return sipp;
  }

  /** Waits for the end of all its calls. */
  async tally(): Promise<Tally> {
    await this.#over;
    const counted = read(join(this.#folder, 'tally.csv'));
    if (counted === undefined) throw new Error(`sipp counted nothing: ${this.complaints()}`);
    return { ...counted, complaints: counted.failed > 0 ? this.complaints() : '' };
  }

  /** What it did not expect, as it says that itself. */
  complaints(): string {
    const file = join(this.#folder, 'errors.log');
    return existsSync(file) ? readFileSync(file, 'utf8').slice(0, 3000) : '';
  }

  /** Ends it, whatever it is doing. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#over;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether something listens on a port, as the kernel lists it. */
function isBound(transport: 'UDP' | 'TCP', port: number): boolean {
  const [file, state] = transport === 'UDP' ? ['udp', '07'] : ['tcp', '0A'];
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]{8}:${hex} \\S+ ${state} `, 'm').test(readFileSync(`/proc/net/${file}`, 'latin1'));
}

/** The last line of sipp's table of itself. */
function read(file: string): Omit<Tally, 'complaints'> | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'latin1').trim().split('\n').map((line) => line.split(';'));
  const [names = [], last] = [lines[0], lines.at(-1)];
  if (last === undefined || last === names) return undefined;
  const value = (name: string): string => last[names.indexOf(name)] ?? '';
  return { succeeded: Number(value('SuccessfulCall(C)')), failed: Number(value('FailedCall(C)')) };
}
