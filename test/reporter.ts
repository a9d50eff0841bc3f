// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Counts } from './counts.ts';

/** Hands the numbers of a vitest run to the command that started it, in the file named by TRUNKLINE_COUNTS. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env['TRUNKLINE_COUNTS'];
    if (!file) return;
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of modules) {
      counts.failed += testModule.errors().length;
      for (const test of testModule.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
      }
    }
    writeFileSync(file, JSON.stringify(counts));
  }
}
