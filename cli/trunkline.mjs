#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npx trunkline` in a clone: the command line on the project's own Node 24.
process.argv.splice(2, 0, 'cli/main.ts');
await import('../test/bootstrap.mjs');
