// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';
import { step } from './steps.ts';

/** Where system programs are, whatever PATH the user has; also the PATH of the cluster's processes. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const cniPlugins = '/usr/lib/cni';

/** What must be there (a command, or a file) and the Debian package that brings it. */
const needed: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  runc: 'runc',
  [`${cniPlugins}/bridge`]: 'containernetworking-plugins',
  nft: 'nftables',
  iptables: 'iptables',
  ip: 'iproute2',
  buildah: 'buildah',
  mmdebstrap: 'mmdebstrap',
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring',
  unzip: 'unzip',
  openssl: 'openssl',
};

function isThere(commandOrFile: string): boolean {
  if (commandOrFile.startsWith('/')) return existsSync(commandOrFile);
  return systemPath.split(':').some((folder) => existsSync(join(folder, commandOrFile)));
}

/** Installs those Debian packages that are missing, of all that are needed or of `only`. */
export async function installPackages(only?: readonly string[]): Promise<void> {
  const wanted = Object.entries(needed).filter(([, name]) => only?.includes(name) ?? true);
  const missing = wanted.flatMap(([thing, name]) => (isThere(thing) ? [] : [name]));
  if (missing.length === 0) return;
  if (!isThere('apt-get')) {
    throw new Error(`Missing on this machine: ${missing.join(', ')} (Debian's names). Install them and run again.`);
  }
  await step(`Debian packages: ${missing.join(' ')}`, async () => {
    const wait = ['-o', 'DPkg::Lock::Timeout=120', '-q'];
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', ...wait, 'update'], { env });
    await run(['apt-get', ...wait, 'install', '-y', '--no-install-recommends', ...missing], { env });
  });
}
