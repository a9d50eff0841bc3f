// SPDX-License-Identifier: Apache-2.0
// sipp, of the Debian release that the images are of: the machine's own may be older.
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debianSuite, mmdebstrap } from './buildah.ts';
import { cached, keyOf } from './cache.ts';
import { step } from './steps.ts';

const recipe = '1';

/**
 * The words before sipp's own: it runs by the loader and with the libraries that came with it. The first call fetches it, which
 * the world outside the cluster cannot.
 */
export async function sippCommand(): Promise<string[]> {
  const folder = await cached(`sipp-${keyOf(debianSuite, recipe)}`, (into) => step('sipp: mmdebstrap', () => unpack(into)));
  const libraries = join(folder, 'usr', 'lib', 'x86_64-linux-gnu');
  return [join(libraries, 'ld-linux-x86-64.so.2'), '--library-path', libraries, join(folder, 'usr', 'bin', 'sipp')];
}

/** Unpacked is all that it has to be: nothing of it is set up, and nothing starts. */
async function unpack(into: string): Promise<void> {
  const root = join(into, 'root');
  await mmdebstrap(root, ['--variant=extract', '--include=sip-tester'], into);
  await rename(join(root, 'usr'), join(into, 'usr'));
  await rm(root, { recursive: true });
}
