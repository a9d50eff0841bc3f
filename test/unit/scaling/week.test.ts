// SPDX-License-Identifier: Apache-2.0
// A week of each kind of traffic.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { picture } from './picture.ts';
import { fileOf, PICTURES, POLICY, RULES } from './rules.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { leastPodHours, play, playForeseen, type Outcome } from './town.ts';

const played = new Map<Shape, Outcome>();
const outcomeOf = (shape: Shape): Outcome => {
  const outcome = played.get(shape) ?? play(shape, RULES);
  played.set(shape, outcome);
  return outcome;
};

describe.each(SHAPES)('a week of $name', (shape) => {
  it('has room for every call', () => {
    const { calls, refused, refusedAtMost } = outcomeOf(shape);
    expect(calls).toBeGreaterThan(50_000);
    expect(refused + refusedAtMost).toBe(0);
  });

  it('ends no call before its pod has waited for as long as it may', () => {
    expect(outcomeOf(shape).cutEarly).toBe(0);
  });

  it('takes at most 15 % more pod-hours than somebody needs who knows what comes', () => {
    const outcome = outcomeOf(shape);
    const foreseen = playForeseen(shape, RULES, outcome);
    expect(foreseen.refused).toBe(0);
    expect(outcome.podHours / foreseen.podHours).toBeLessThan(1.15);
    expect(foreseen.podHours).toBeGreaterThanOrEqual(leastPodHours(outcome, POLICY));
  });

  it('makes and drains pods as the traffic goes up and down, and not by chance', () => {
    const { made, drained } = outcomeOf(shape);
    // Of a day with one peak, each pod that it needs once up and once down; chance adds a few.
    const pods = outcomeOf(shape).looks.reduce((most, { ready }) => Math.max(most, ready), 0);
    expect(made).toBeLessThan(7 * pods * 1.5);
    expect(drained).toBeLessThan(7 * pods * 2);
  });

  it('is drawn in the docs as it is decided today: npm run pictures', () => {
    expect(readFileSync(join(PICTURES, fileOf(shape)), 'utf8')).toBe(picture(shape.name, outcomeOf(shape), POLICY.callsPerPod));
  });
});

/** A day and a half. */
const short: Shape = { name: 'a day', seconds: 36 * 3600, rate: (second) => 0.2 + (Math.sin(second / 7200) > 0 ? 1.5 : 0), holding: (random) => -150 * Math.log(1 - random()) };

describe('a day and a half', () => {
  it('with pods that do not tell their calls now and then costs no call, and never a pod that has some', () => {
    const { refused, cut } = play(short, { ...RULES, tells: (pod, second) => (second + Number(pod.slice(1)) * 17) % 600 > 60 });
    expect({ refused, cut }).toEqual({ refused: 0, cut: 0 });
  });

  it('with pods that fail and come back costs no call for want of room', () => {
    // Each is away for half a minute an hour, one after the other.
    const { refused, cut, made } = play(short, { ...RULES, policy: { ...POLICY, free: { units: 60 } }, health: (pod, second) => ((second + Number(pod.slice(1)) * 200) % 3600 < 30 ? 'unready' : 'ready') });
    expect({ refused, cut }).toEqual({ refused: 0, cut: 0 });
    expect(made).toBeGreaterThan(0);
  });

  it('with a clock on the wall that jumps costs no call and no pod that has some', () => {
    const { refused, cutEarly } = play(short, { ...RULES, jump: (second) => (second % 5000 === 0 ? (second % 10_000 === 0 ? -7200 : 3600) : 0) });
    expect({ refused, cutEarly }).toEqual({ refused: 0, cutEarly: 0 });
  });

  it('is the same each time', () => {
    const hours = { ...short, seconds: 6 * 3600 };
    expect(play(hours, RULES)).toEqual(play(hours, RULES));
    expect(play(hours, RULES, 2)).not.toEqual(play(hours, RULES));
  });
});
