// SPDX-License-Identifier: Apache-2.0
// npm test: lint, types, unit, api, e2e, load, in order of cost; `npm run test:NAME` runs one of them, with further words for vitest.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, up } from './cluster/cluster.ts';
import { isCurrent } from './cluster/currentcluster.ts';
import { enterWorld } from './cluster/netns.ts';
import { installPackages } from './cluster/packages.ts';
import { sippCommand } from './cluster/sipp.ts';
import { unsupported } from './cluster/supported.ts';
import { add, closingLine, FAILED, NONE, parseCounts, PASSED, SKIPPED, type Counts } from './counts.ts';
import { allBinaries, apiServerBinaries } from './cluster/binaries.ts';
import { buildImages, imagesForWorld } from './stage/images.ts';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

type Env = Readonly<Record<string, string>>;

/** Runs a program to its end and gives its exit code. */
function run(command: string, args: readonly string[], env: Env = {}): Promise<number> {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const check = async (command: string, args: readonly string[]): Promise<Counts> =>
  (await run(bin(command), args)) === 0 ? PASSED : FAILED;

/** Runs something that starts vitest, and gives what its reporter counted. A run that counted nothing has failed. */
async function counted(start: (env: Env) => Promise<number>): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-counts-'));
  const file = join(folder, 'counts.json');
  try {
    const code = await start({ TRUNKLINE_COUNTS: file });
    const counts = parseCounts(readFileSync(file, 'utf8'));
    return code !== 0 && counts.failed === 0 ? add(counts, FAILED) : counts;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const vitest = (suite: string, words: readonly string[]): string[] => [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--config',
  join(import.meta.dirname, suite, 'vitest.config.ts'),
  ...words,
];

/** The cluster, or half of one: started once for all suites that need it. */
let cluster: ReturnType<typeof up> | undefined;

function startCluster(): ReturnType<typeof up> {
  cluster ??= up();
  return cluster;
}

/** A suite that needs the cluster. */
async function onCluster(suite: string, words: readonly string[]): Promise<Counts> {
  const reason = unsupported();
  if (reason) {
    console.log(`${suite} skipped: ${reason}`);
    return SKIPPED;
  }
  await startCluster();
  const images = imagesForWorld(await buildImages());
  // The world has no way to fetch it.
  if (suite === 'e2e' && !isCurrent()) await sippCommand();
  return counted((env) => enterWorld(vitest(suite, words), { ...images, ...env }));
}

async function api(words: readonly string[]): Promise<Counts> {
  // Built before the tests' own clocks run.
  if (!process.env['KUBEBUILDER_ASSETS']) await apiServerBinaries();
  // What follows needs the cluster, and once all is built it mostly waits while it starts. Whether it did is told there.
  if (isAll && !unsupported()) {
    await allBinaries();
    startCluster().catch(() => {});
  }
  return counted((env) => run(process.execPath, vitest('api', words), env));
}

async function unit(words: readonly string[]): Promise<Counts> {
  await installPackages(['openssl']); // the DTLS of the simulated Meta
  return counted((env) => run(process.execPath, vitest('unit', words), env));
}

/** Whether all suites run, one after the other. */
let isAll = false;

type Suite = (words: readonly string[]) => Promise<Counts>;

const SUITES: Record<string, Suite> = {
  lint: () => check('oxlint', ['--type-aware', '--deny-warnings']),
  types: () => check('tsc', ['-p', root]),
  unit,
  api,
  e2e: (words) => onCluster('e2e', words),
  load: (words) => onCluster('load', words),
};

/** In order of cost; those in a line run at the same time. */
const ALL = [['lint', 'types'], ['unit'], ['api'], ['e2e'], ['load']];

/** Runs a suite to its end, whatever that is. */
async function runSuite(suite: string, words: readonly string[]): Promise<[string, Counts, number]> {
  console.log(`\n${suite}: begins`);
  const started = performance.now();
  const counts = await (SUITES[suite]?.(words) ?? Promise.resolve(NONE)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  });
  return [suite, counts, (performance.now() - started) / 1000];
}

async function main([name, ...words]: string[]): Promise<number> {
  if (name !== undefined && !SUITES[name]) {
    console.error(`"${name}" is no test suite; there are: ${Object.keys(SUITES).join(', ')}`);
    return 2;
  }
  isAll = name === undefined;
  const results: [string, Counts, number][] = [];
  for (const suites of name === undefined ? ALL : [[name]]) results.push(...(await Promise.all(suites.map((suite) => runSuite(suite, words)))));
  if (cluster) await down();
  console.log('');
  for (const [suite, counts, seconds] of results) console.log(`${suite}: ${closingLine(counts)} in ${seconds.toFixed(1)} s`);
  const total = results.map(([, counts]) => counts).reduce(add, NONE);
  console.log(closingLine(total));
  return total.failed === 0 ? 0 : 1;
}

process.on('SIGINT', () => {}).on('SIGTERM', () => {});
process.exitCode = await main(process.argv.slice(2));
