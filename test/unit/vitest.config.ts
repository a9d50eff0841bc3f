// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test/unit',
    // Most of them wait for sockets and timers rather than compute.
    maxWorkers: 3,
    reporters: ['default', './test/reporter.ts'],
  },
});
