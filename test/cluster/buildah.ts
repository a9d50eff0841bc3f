// SPDX-License-Identifier: Apache-2.0
// Image builds without a container engine. Packages inside a build come from where the machine's own
// come from: its package sources, proxy and CA bundle are mounted for the time of the build only.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { run } from './run.ts';

export const debianSuite = 'trixie';
const storage = join(cacheFolder, 'buildah');
const hostCABundle = '/etc/ssl/certs/ca-certificates.crt';
/** Where a build sees the machine's package access; empty in every Debian image. */
const mountPoint = '/mnt';

/** Words before a command that mounts things: it dies with us, and its mounts with it. */
export const privateMounts = [
  'setpriv', '--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private', '--',
];

export async function buildah(...args: string[]): Promise<string> {
  const folders = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')];
  const command = ['buildah', ...folders, '--storage-driver', 'vfs', ...args];
  return run([...privateMounts, ...command], { env: { TMPDIR: cacheFolder } });
}

/** Debian's mirrors as this machine has them, as lines of a sources.list for `debianSuite`. */
export async function packageSources(): Promise<string[]> {
  const targets = await run(['apt-get', 'indextargets', '--format', '$(SITE) $(RELEASE)', 'Created-By: Packages']);
  const lines = targets.trim().split('\n').flatMap((target) => {
    const [site, release = ''] = target.split(' ');
    // Of the machine's suite, its -updates and its -security; third parties have no such names.
    const suite = /^(?:bookworm|trixie|forky|oldstable|stable|testing)(-updates|-security)?$/.exec(release);
    return suite === null ? [] : [`deb ${site} ${debianSuite}${suite[1] ?? ''} main`];
  });
  if (lines.length === 0) {
    throw new Error('apt on this machine has no Debian sources, so no Debian image can be built: see /etc/apt.');
  }
  return [...new Set(lines)];
}

/** The machine's own settings for how apt downloads, as lines of an apt.conf. */
export async function downloadSettings(caBundle: string): Promise<string[]> {
  const all = (await run(['apt-config', 'dump'])).split('\n');
  const settings = all.filter((line) => /^Acquire::(?:https?::|Check-)/i.test(line) && !/::CaInfo/i.test(line));
  return [...settings, `Acquire::https::CaInfo "${caBundle}";`];
}

/** The `-v` arguments that give a build the machine's package access. */
export async function packageAccess(): Promise<string[]> {
  const folder = join(storage, 'package-access');
  await mkdir(folder, { recursive: true });
  if (existsSync(hostCABundle)) await copyFile(hostCABundle, join(folder, 'ca.crt'));
  const sources = `${(await packageSources()).join('\n')}\n`;
  await writeFile(join(folder, 'sources.list'), sources);
  const settings = [
    ...(await downloadSettings(`${mountPoint}/ca.crt`)),
    `Dir::Etc::sourcelist "${mountPoint}/sources.list";`,
    'Dir::Etc::sourceparts "/dev/null";',
  ];
  await writeFile(join(folder, 'apt.conf'), `${settings.join('\n')}\n`);
  return ['-v', `${folder}:${mountPoint}:ro`, '-v', `${folder}/apt.conf:/etc/apt/apt.conf:ro`];
}

/**
 * Unpacks packages of `debianSuite` into a folder or an archive, from where the machine's own come from. What it needs meanwhile
 * is put into `scratch`.
 */
export async function mmdebstrap(target: string, options: readonly string[], scratch: string): Promise<void> {
  const settings = (await downloadSettings(hostCABundle)).map((line) => `--aptopt=${line.replace(/;$/, '')}`);
  const command = ['mmdebstrap', '--quiet', ...options, ...settings, debianSuite, target, ...(await packageSources())];
  await run([...privateMounts, ...command], { env: { TMPDIR: scratch } });
}
