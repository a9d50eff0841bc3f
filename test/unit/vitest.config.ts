// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test/unit',
    // Most of them wait for sockets and timers rather than compute.
    maxWorkers: 3,
    // None of them judges a timing: this only ends what hangs, also on a machine that is busy with something else.
    testTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
  },
});
