// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { bundle } from '../../media/images/bundle.ts';
import { buildImage } from '../cluster/images.ts';
import { step } from '../cluster/steps.ts';

const root = join(import.meta.dirname, '..', '..');
const dockerfile = (name: string): string => join(root, 'media/images', `${name}.Dockerfile`);

export interface Images {
  trunkline: string;
  kamailio: string;
  rtpengine: string;
  baresip: string;
}

/** Builds the product's images and the PBX's, as far as they are not built yet. */
export async function buildImages(): Promise<Images> {
  const dist = await step('bundle', bundle);
  return {
    trunkline: await buildImage({ name: 'trunkline', context: dist, dockerfile: dockerfile('trunkline') }),
    kamailio: await buildImage({ name: 'kamailio', context: join(root, 'media/kamailio/etc'), dockerfile: dockerfile('kamailio') }),
    rtpengine: await buildImage({ name: 'rtpengine', context: join(root, 'media/rtpengine/etc'), dockerfile: dockerfile('rtpengine') }),
    baresip: await buildImage({ name: 'baresip', context: join(root, 'test/pbx/image')  }),
  };
}
