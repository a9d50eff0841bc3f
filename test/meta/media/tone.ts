// SPDX-License-Identifier: Apache-2.0
// How much of a sound is one tone (Goertzel), judged in blocks of 100 ms so that a lost packet spoils only its block.

const blockMs = 100;
/** Below this mean square a block is silence, and silence has no tone in it. */
const silencePower = 100;

/** Share of the energy of `samples` that is at `hertz`: 1 for the pure tone, 0 for silence. */
export function blockShare(samples: Int16Array, hertz: number, sampleRate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / sampleRate);
  let previous = 0;
  let beforePrevious = 0;
  let energy = 0;
  for (const sample of samples) {
    [previous, beforePrevious] = [sample + coefficient * previous - beforePrevious, previous];
    energy += sample * sample;
  }
  if (samples.length === 0 || energy / samples.length < silencePower) return 0;
  const power = previous * previous + beforePrevious * beforePrevious - coefficient * previous * beforePrevious;
  return Math.min(1, (2 * power) / (samples.length * energy));
}

/** The mean share of each full second, oldest first. */
export function shareBySecond(samples: Int16Array, hertz: number, sampleRate: number): number[] {
  const size = (sampleRate * blockMs) / 1000;
  const perSecond = 1000 / blockMs;
  const shares: number[] = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    shares.push(blockShare(samples.subarray(start, start + size), hertz, sampleRate));
  }
  const seconds: number[] = [];
  for (let start = 0; start + perSecond <= shares.length; start += perSecond) {
    seconds.push(shares.slice(start, start + perSecond).reduce((sum, share) => sum + share, 0) / perSecond);
  }
  return seconds;
}
