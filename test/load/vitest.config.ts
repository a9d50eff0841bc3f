// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';
import e2e from '../e2e/vitest.config.ts';

// The same world as the e2e tests', made anew.
export default defineConfig({ ...e2e, test: { ...e2e.test, dir: 'test/load' } });
