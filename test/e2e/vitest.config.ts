// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test/e2e',
    reporters: ['default', './test/reporter.ts'],
    // One process for all files: the simulated Meta lives in it, and the cluster is one.
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // A failure of the cluster shows once; nothing is tried again.
    retry: 0,
  },
});
