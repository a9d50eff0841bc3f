// SPDX-License-Identifier: Apache-2.0
// The cluster's processes outlive the command that starts them. They are found again by a mark in their
// environment, which their children inherit, and by their cgroup: there is no pid file that could be
// missing after a kill or name a stranger.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodePlace } from './addresses.ts';
import { systemPath } from './packages.ts';
import { logsDir } from './state.ts';
import { until } from './wait.ts';
import { errnoOf } from './errno.ts';

const mark = 'TRUNKLINE_CLUSTER_COMPONENT';
/** All pods are below this cgroup. */
export const clusterCgroup = '/trunkline';
/** Those of a node. Each kubelet takes what is in its own for its own. */
export const podsCgroup = ({ name }: NodePlace): string => `${clusterCgroup}/${name}`;

export interface ProcessSpec {
  name: string;
  argv: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Starts a process of its own session, with its output appended to `logs/<name>.log`. */
export function startProcess(spec: ProcessSpec): void {
  mkdirSync(logsDir, { recursive: true });
  const log = openSync(join(logsDir, `${spec.name}.log`), 'a');
  const [command = '', ...args] = spec.argv;
  const child = spawn(command, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { PATH: systemPath, HOME: '/root', ...spec.env, [mark]: spec.name },
  });
  child.on('error', (error) => {
    throw new Error(`cannot start ${spec.name}: ${error.message}`);
  });
  child.unref();
  closeSync(log);
}

/** The process started as `name` (not its children), or undefined when it is not running. */
export function findProcess(name: string): number | undefined {
  return processes().find((pid) => markOf(pid) === name && isSessionLeader(pid));
}

/** Kills every process of the cluster, those in pods included, and waits until all are gone. */
export async function killAll(): Promise<void> {
  // A dying process loses its mark before it lets go of its files: remember whom we have seen.
  const seen = new Set<number>();
  await until('the processes of an earlier cluster to die', 30, async () => {
    for (const pid of processes().filter((each) => markOf(each) !== undefined || isInPod(each))) seen.add(pid);
    const left = [...seen].filter((pid) => !hasEnded(pid));
    for (const pid of left) killIfThere(pid, 'SIGKILL');
    return left.length === 0;
  });
}

/** Whether a process is gone with all it had open: a zombie is so once its last thread has ended. */
export function hasEnded(pid: number): boolean {
  const { state, threads } = stat(pid);
  return state === undefined || (state === 'Z' && threads <= 1);
}

export function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

function processes(): number[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number);
}

/** Empty for a process that has ended meanwhile, and for kernel threads. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function markOf(pid: number): string | undefined {
  const entry = readProc(pid, 'environ').split('\0').find((line) => line.startsWith(`${mark}=`));
  return entry?.slice(mark.length + 1);
}

function isSessionLeader(pid: number): boolean {
  return stat(pid).session === pid;
}

function stat(pid: number): { state: string | undefined; session: number; threads: number } {
  // After the name in parentheses, which may hold spaces: state, parent, process group, session, then 13 more, threads.
  const fields = /\) (.*)$/s.exec(readProc(pid, 'stat'))?.[1]?.split(' ') ?? [];
  return { state: fields[0], session: Number(fields[3]), threads: Number(fields[17]) };
}

function isInPod(pid: number): boolean {
  return readProc(pid, 'cgroup').includes(`:${clusterCgroup}/`);
}
