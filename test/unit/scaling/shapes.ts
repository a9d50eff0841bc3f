// SPDX-License-Identifier: Apache-2.0
// How calls come in a week.

export interface Shape {
  name: string;
  seconds: number;
  /** Calls that come in a second, on average. */
  rate: (second: number) => number;
  /** How long a call lasts, in seconds; random is from 0 to below 1. */
  holding: (random: () => number) => number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** As telephony knows them: exponential with a mean, in seconds. */
const exponential = (mean: number) => (random: () => number): number => -mean * Math.log(1 - random());

/** Office hours on five days, with a steep morning and a lunch break; little at night and at weekends. */
const office = (second: number, peak: number): number => {
  const [day, hour] = [Math.floor(second / DAY) % 7, (second % DAY) / HOUR];
  const bump = (at: number, width: number): number => Math.exp(-(((hour - at) / width) ** 2));
  const share = 0.03 + Math.min(1, bump(10.5, 2) + 0.8 * bump(15, 2.5));
  return peak * (day < 5 ? share : 0.25 * share);
};

/** Four weeks as they come. */
export const SHAPES: readonly Shape[] = [
  { name: 'morning ramp', seconds: 7 * DAY, rate: (second) => office(second, 2), holding: exponential(180) },
  // Each day at eleven a campaign: within half a minute ten times as many, for ten minutes.
  {
    name: 'flash crowd',
    seconds: 7 * DAY,
    rate: (second) => {
      const into = (second % DAY) - 11 * HOUR;
      const crowd = into < 0 || into > 600 ? 0 : Math.min(1, into / 30);
      return office(second, 0.5) + 4 * crowd;
    },
    holding: exponential(120),
  },
  // Most are short; one in twenty is an hour and more, as consultations are.
  { name: 'long-call tail', seconds: 7 * DAY, rate: (second) => office(second, 1), holding: (random) => (random() < 0.05 ? 1800 + exponential(3600)(random) : exponential(120)(random)) },
  // The same day and night, with nothing but chance in it.
  { name: 'steady', seconds: 7 * DAY, rate: () => 0.8, holding: exponential(200) },
];
