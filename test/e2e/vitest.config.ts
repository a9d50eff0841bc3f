// SPDX-License-Identifier: Apache-2.0
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** Rights come last: they are judged by all that was done before. */
class RightsLast extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): string => `${moduleId.endsWith('rights.test.ts') ? 1 : 0} ${moduleId}`;
    return Promise.resolve(files.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)));
  }
}


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
    sequence: { sequencer: RightsLast },
  },
});
