// SPDX-License-Identifier: Apache-2.0
// The project's images: built from ordinary Dockerfiles, kept as archives by the hash of what they are
// made of, and handed to containerd when a test needs them.
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NodePlace } from './addresses.ts';
import { baseImages } from './baseimages.ts';
import { buildah, packageAccess } from './buildah.ts';
import { cached, cacheFolder, folderKey, keyOf } from './cache.ts';
import { ctr } from './containerd.ts';
import { step } from './steps.ts';

export interface ImageSource {
  /** Last part of the image's name. */
  name: string;
  /** Folder with just what the image needs: all of it goes into the hash. */
  context: string;
  /** Path of the Dockerfile; `Dockerfile` in the context when absent. */
  dockerfile?: string;
  buildArgs?: Readonly<Record<string, string>>;
}

/** Builds an image unless that is done already. Gives its name, `docker.io/trunkline/<name>:<hash>`. */
export async function buildImage(source: ImageSource): Promise<string> {
  const { name, context, dockerfile = join(context, 'Dockerfile'), buildArgs = {} } = source;
  const base = await baseImages();
  const args = Object.entries(buildArgs).map(([key, value]) => `${key}=${value}`);
  const key = keyOf(base, await folderKey(context), await readFile(dockerfile, 'utf8'), ...args);
  const reference = `docker.io/trunkline/${name}:${key}`;
  await cached(archiveFolder(name, key), (folder) =>
    step(`image ${name}: build`, async () => {
      await buildah(
        'bud', '--pull-never', '--isolation', 'chroot', '--layers',
        ...(await packageAccess()), ...args.flatMap((arg) => ['--build-arg', arg]),
        '-f', dockerfile, '-t', reference, context,
      );
      // Of the two formats of archives only this one can be without compression, which would cost seconds.
      await buildah('push', reference, `docker-archive:${join(folder, 'image.tar')}:${reference}`);
      await buildah('rmi', reference);
      await removeOlder(name, 3);
    }),
  );
  return reference;
}

/** The image of the first process of every pod. */
export async function pauseImage(binary: string): Promise<string> {
  const context = await cached(`pause-image-${keyOf(binary)}`, async (folder) => {
    await copyFile(binary, join(folder, 'pause'));
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n');
  });
  return buildImage({ name: 'pause', context });
}

/** Hands a built image to a node's containerd unless that has it. */
export async function loadImage(node: NodePlace, reference: string): Promise<void> {
  const { name, archive } = locate(reference);
  if (!existsSync(archive)) throw new Error(`${reference} is not an image that buildImage has built`);
  const known = (await ctr(node, 'images', 'list', '--quiet', `name==${reference}`)).trim();
  if (known === reference) return;
  await step(`image ${name}: load`, () => ctr(node, 'images', 'import', archive));
}

/** Whether the archive of an image is still kept. */
export function isBuilt(reference: string): boolean {
  return existsSync(locate(reference).archive);
}

function locate(reference: string): { name: string; archive: string } {
  const [, name = '', key = ''] = /^docker\.io\/trunkline\/([^:]+):(.+)$/.exec(reference) ?? [];
  return { name, archive: join(cacheFolder, archiveFolder(name, key), 'image.tar') };
}

function archiveFolder(name: string, key: string): string {
  return `image-${name}-${key}`;
}

/** Each edit makes a new archive: keep the newest few of each image. */
async function removeOlder(name: string, keep: number): Promise<void> {
  const pattern = new RegExp(`^image-${name}-[0-9a-f]{12}$`);
  const folders = (await readdir(cacheFolder)).filter((entry) => pattern.test(entry)).map((entry) => join(cacheFolder, entry));
  const dated = await Promise.all(folders.map(async (folder) => ({ folder, made: (await stat(folder)).mtimeMs })));
  dated.sort((one, other) => other.made - one.made);
  for (const { folder } of dated.slice(keep)) await rm(folder, { recursive: true, force: true });
}
