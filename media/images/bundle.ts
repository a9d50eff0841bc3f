// SPDX-License-Identifier: Apache-2.0
// Bundles operator, agent and command line into dist/, one file each: `npm run build`.
import { build } from 'esbuild';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Makes dist/ anew and returns its path. */
export async function bundle(): Promise<string> {
  const outdir = join(root, 'dist');
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: { operator: join(root, 'operator/main.ts'), agent: join(root, 'media/agent/main.ts'), trunkline: join(root, 'cli/main.ts') },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'warning',
    legalComments: 'none',
    // Packages in CommonJS ask for Node's own modules by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  chmodSync(join(outdir, 'trunkline.js'), 0o755);
  writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n');
  return outdir;
}

if (import.meta.main) console.log(await bundle());
