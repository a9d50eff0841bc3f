// SPDX-License-Identifier: Apache-2.0
// npm run pictures: plays the weeks and draws them for docs/scaling.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { picture } from './picture.ts';
import { fileOf, PICTURES, RULES } from './rules.ts';
import { SHAPES } from './shapes.ts';
import { play } from './town.ts';

mkdirSync(PICTURES, { recursive: true });
for (const shape of SHAPES) {
  writeFileSync(join(PICTURES, fileOf(shape)), picture(shape.name, play(shape, RULES), RULES.policy.callsPerPod));
  console.log(`docs/pictures/${fileOf(shape)}`);
}
