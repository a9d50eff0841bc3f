// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import * as z from 'zod';
import { bundle } from '../../media/images/bundle.ts';
import { isCurrent } from '../cluster/currentcluster.ts';
import { buildImage } from '../cluster/images.ts';
import { step } from '../cluster/steps.ts';

const root = join(import.meta.dirname, '..', '..');
const dockerfile = (name: string): string => join(root, 'media/images', `${name}.Dockerfile`);

const schema = z.object({ trunkline: z.string(), kamailio: z.string(), rtpengine: z.string(), baresip: z.string() });

export type Images = z.infer<typeof schema>;

const VARIABLE = 'TRUNKLINE_IMAGES';

/** For a process in the world, which cannot build: the images that the one outside has built. */
export const imagesForWorld = (images: Images): Record<string, string> => ({ [VARIABLE]: JSON.stringify(images) });

/** The images that the process outside the world has built. Throws where there are none. */
export function imagesInWorld(): Images {
  const text = process.env[VARIABLE];
  if (!text) {
    throw new Error(`name the images in ${VARIABLE}, as {"trunkline": "…", "kamailio": "…", "rtpengine": "…", "baresip": "…"}`);
  }
  return schema.parse(JSON.parse(text));
}

/** Builds the product's images and the PBX's, as far as they are not built yet; for a cluster of the user's own they are named. */
export async function buildImages(): Promise<Images> {
  if (isCurrent()) return imagesInWorld();
  const dist = await step('bundle', bundle);
  return {
    trunkline: await buildImage({ name: 'trunkline', context: dist, dockerfile: dockerfile('trunkline') }),
    kamailio: await buildImage({ name: 'kamailio', context: join(root, 'media/kamailio/etc'), dockerfile: dockerfile('kamailio') }),
    rtpengine: await buildImage({ name: 'rtpengine', context: join(root, 'media/rtpengine/etc'), dockerfile: dockerfile('rtpengine') }),
    baresip: await buildImage({ name: 'baresip', context: join(root, 'test/pbx/image')  }),
  };
}
