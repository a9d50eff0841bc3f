// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test/unit',
    reporters: ['default', './test/reporter.ts'],
  },
});
