// SPDX-License-Identifier: Apache-2.0
// Writes the CRDs from the kinds in operator/api: `npm run crds`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { crds } from '../operator/api/crd.ts';

for (const [file, crd] of Object.entries(crds())) {
  writeFileSync(join(import.meta.dirname, file), stringify(crd, { version: '1.1', lineWidth: 120 }));
  console.log(`crds/${file}`);
}
