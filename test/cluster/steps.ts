// SPDX-License-Identifier: Apache-2.0

export interface Step {
  name: string;
  seconds: number;
}

const done: Step[] = [];

/** Runs `work` and prints one line with its time, also when it fails. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  let outcome = 'failed after ';
  try {
    const result = await work();
    outcome = '';
    return result;
  } finally {
    const seconds = Math.round(performance.now() - started) / 1000;
    if (outcome === '') done.push({ name, seconds });
    console.log(`${name} ... ${outcome}${seconds.toFixed(1)} s`);
  }
}

/** All steps finished so far in this process, in the order of their end. */
export function finishedSteps(): readonly Step[] {
  return done;
}
