// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plan, type Plan } from '../../../operator/scaling/decide.ts';
import { NO_MEMORY, type Memory } from '../../../operator/scaling/demand.ts';
import { stateOf, type DrainReason, type MediaPod } from '../../../operator/scaling/pod.ts';
import type { Policy } from '../../../operator/scaling/policy.ts';

const MINUTE = 60_000;
const POLICY: Policy = { minPods: 1, maxPods: 10, callsPerPod: 50, free: { units: 0 }, quietMs: 10 * MINUTE, drainTimeoutMs: 240 * MINUTE, surge: 1, isPaused: false };

type Change = Partial<Omit<MediaPod, 'load'>> & { calls?: number | undefined };

const pod = (name: string, { calls = 0, ...change }: Change = {}): MediaPod => ({
  name,
  createdAt: 0,
  isCurrent: true,
  isCordoned: false,
  isTakenIn: true,
  health: 'ready',
  drain: undefined,
  isOffered: true,
  load: { calls, units: calls },
  ...change,
});
const silent = (name: string, change: Change = {}): MediaPod => ({ ...pod(name, change), load: undefined });
const draining = (name: string, { reason = 'ScaleIn', since = 0, ...change }: Change & { reason?: DrainReason; since?: number } = {}): MediaPod =>
  pod(name, { isOffered: false, drain: { since, reason }, ...change });

/** What is decided when pods have been like this for a while. */
function settled(pods: readonly MediaPod[], policy: Partial<Policy> = {}, minutes = 15): Plan {
  const whole = { ...POLICY, ...policy };
  let memory: Memory = NO_MEMORY;
  for (let minute = 0; minute < minutes; minute += 1) memory = plan(pods, whole, at(minute), memory).memory;
  return plan(pods, whole, at(minutes), memory);
}

const at = (minute: number) => ({ time: minute * MINUTE, tick: minute * MINUTE, leadMs: 13_000 });
const nothing = { create: 0, drain: [], undrain: [], remove: [] };

describe('a pool of media pods', () => {
  it('rests while its pods are as many as its calls need', () => {
    expect(settled([pod('a', { calls: 30 })])).toMatchObject(nothing);
    expect(settled([pod('a', { calls: 50 }), pod('b', { calls: 30 })])).toMatchObject(nothing);
  });

  it('makes what is missing at once, those that start already counted', () => {
    expect(settled([], { minPods: 2 })).toMatchObject({ ...nothing, create: 2 });
    expect(settled([pod('a'), silent('b', { health: 'starting', isOffered: false })], { minPods: 2 })).toMatchObject(nothing);
    expect(settled([pod('a', { calls: 50 }), pod('b', { calls: 50 })], { free: { units: 60 } })).toMatchObject({ ...nothing, create: 2 });
    expect(settled([pod('a', { calls: 50 })], { free: { share: 0.5 } })).toMatchObject({ ...nothing, create: 1 });
  });

  it('never makes more than there may be', () => {
    expect(settled([pod('a', { calls: 50 })], { free: { units: 900 }, maxPods: 3 })).toMatchObject({ ...nothing, create: 2, needed: 3 });
  });

  it('is ahead of calls that come faster and faster', () => {
    let memory: Memory = NO_MEMORY;
    let decided: Plan | undefined;
    for (let second = 0; second <= 10; second += 1) {
      decided = plan([pod('a', { calls: 8 * second }), pod('b')], POLICY, { time: 0, tick: second * 1000, leadMs: 20_000 }, memory);
      memory = decided.memory;
    }
    // 80 calls, and five a second for twenty seconds to come: of those that came, what may be chance is taken off.
    expect(decided?.needed).toBe(4);
  });

  it('counts calls of pods that drain, since others come in their place', () => {
    expect(settled([pod('a', { calls: 40 }), draining('b', { calls: 20 })], { drainTimeoutMs: Infinity })).toMatchObject({ needed: 2, undrain: ['b'], create: 0 });
  });

  it('takes back those that were too many before it makes others, the fullest first, and only as many as are missing', () => {
    const pods = [pod('a', { calls: 50 }), draining('b', { calls: 5 }), draining('c', { calls: 20 }), draining('d', { calls: 1, reason: 'Outdated', isCurrent: false })];
    expect(settled(pods, { drainTimeoutMs: Infinity })).toMatchObject({ create: 0, undrain: ['c'], needed: 2 });
  });

  it('drains one that is too many, the emptiest, once less was enough for long', () => {
    const pods = [pod('a', { calls: 20 }), pod('b', { calls: 5 }), pod('c', { calls: 7 })];
    expect(settled(pods, {}, 9)).toMatchObject(nothing);
    expect(settled(pods, {}, 10)).toMatchObject({ ...nothing, drain: [{ name: 'b', reason: 'ScaleIn' }] });
    expect(settled(pods, { minPods: 3 })).toMatchObject(nothing);
  });

  it('waits with the next until every proxy has heard of the last, and while a pod does not tell its calls', () => {
    const others = [pod('a', { calls: 20 }), pod('b'), pod('c')];
    expect(settled([...others, draining('d', { calls: 3, isOffered: true })], { drainTimeoutMs: Infinity }).drain).toEqual([]);
    expect(settled([...others, draining('d', { calls: 3 })], { drainTimeoutMs: Infinity }).drain).toHaveLength(1);
    expect(settled([...others, silent('d')]).drain).toEqual([]);
    expect(settled([...others, pod('d', { isOffered: false })]).drain).toEqual([]);
  });

  it('removes a pod that is empty, and none that any proxy may still give a call to', () => {
    expect(settled([pod('a'), draining('b')]).remove).toEqual([{ name: 'b', calls: 0 }]);
    expect(settled([pod('a'), draining('b', { isOffered: true })]).remove).toEqual([]);
    expect(settled([pod('a'), { ...draining('b'), load: undefined }], { drainTimeoutMs: Infinity }).remove).toEqual([]);
    expect(settled([pod('a'), draining('b', { calls: 1 })]).remove).toEqual([]);
  });

  it('cuts calls off only when the time for draining is over, and says how many', () => {
    const pods = [pod('a'), draining('b', { calls: 3, since: 0 })];
    expect(settled(pods, { drainTimeoutMs: 15 * MINUTE + 1 }).remove).toEqual([]);
    expect(settled(pods, { drainTimeoutMs: 15 * MINUTE }).remove).toEqual([{ name: 'b', calls: 3 }]);
  });

  it('replaces a pod that ended, and takes one that is not ready for lost until it is', () => {
    expect(settled([silent('a', { health: 'ended' })])).toMatchObject({ create: 1, remove: [{ name: 'a', calls: 0 }] });
    expect(settled([silent('a', { health: 'unready' })])).toMatchObject({ ...nothing, create: 1 });
    expect(settled([pod('a', { health: 'leaving', calls: 4 })])).toMatchObject({ ...nothing, create: 1 });
  });

  it('replaces pods that are out of date one after the other, with one more than is needed, whatever the time', () => {
    const old = (name: string, calls: number): MediaPod => pod(name, { isCurrent: false, calls });
    expect(settled([old('a', 40), old('b', 30)], {}, 0)).toMatchObject({ ...nothing, create: 1 });
    expect(settled([old('a', 40), old('b', 30), silent('c', { health: 'starting', isOffered: false })], {}, 0)).toMatchObject(nothing);
    expect(settled([old('a', 40), old('b', 30), pod('c', { isOffered: false })], {}, 0)).toMatchObject(nothing);
    expect(settled([old('a', 40), old('b', 30), pod('c')], {}, 0)).toMatchObject({ ...nothing, drain: [{ name: 'b', reason: 'Outdated' }] });
  });

  it('leaves pods that are out of date where that is paused', () => {
    expect(settled([pod('a', { isCurrent: false })], { isPaused: true })).toMatchObject(nothing);
    expect(settled([pod('a', { isCurrent: false, calls: 50 })], { isPaused: true, free: { units: 10 } })).toMatchObject({ ...nothing, create: 1 });
  });

  it('empties a node that somebody is about to empty, also where the rest is paused, and takes its pods back where that is undone', () => {
    const pods = [pod('a', { calls: 20, isCordoned: true }), pod('b', { calls: 20 })];
    expect(settled([pod('a', { calls: 20, isCordoned: true })], { isPaused: true }, 0)).toMatchObject({ ...nothing, create: 1 });
    expect(settled(pods, { isPaused: true }, 0)).toMatchObject({ ...nothing, drain: [{ name: 'a', reason: 'NodeCordoned' }] });
    const undone = [pod('b', { calls: 45 }), draining('a', { calls: 20, reason: 'NodeCordoned' })];
    expect(settled(undone, {}, 0)).toMatchObject({ ...nothing, undrain: ['a'] });
    expect(settled([pod('b', { calls: 45 }), draining('a', { calls: 20, reason: 'NodeCordoned', isCordoned: true })], {}, 0)).toMatchObject({ ...nothing, create: 1 });
  });

  it('knows no haste to let pods go after its operator has started again', () => {
    const pods = [pod('a', { calls: 20 }), pod('b', { calls: 5 })];
    expect(plan(pods, POLICY, at(1000), NO_MEMORY).drain).toEqual([]);
  });
});

const anyPod = fc.record({
  health: fc.constantFrom<MediaPod['health']>('starting', 'ready', 'unready', 'ended', 'leaving'),
  drain: fc.option(fc.record({ since: fc.integer({ min: 0, max: 1_000_000 }), reason: fc.constantFrom<DrainReason>('ScaleIn', 'Outdated', 'NodeCordoned') }), { nil: undefined }),
  isCurrent: fc.boolean(),
  isCordoned: fc.boolean(),
  isTakenIn: fc.boolean(),
  isOffered: fc.boolean(),
  createdAt: fc.integer({ min: 0, max: 1_000_000 }),
  load: fc.option(fc.nat({ max: 60 }).map((calls) => ({ calls, units: calls })), { nil: undefined }),
});
const anyPods = fc.array(anyPod, { maxLength: 12 }).map((all) => all.map((each, i): MediaPod => ({ name: `m${i}`, ...each })));
const anyPolicy = fc.record({
  minPods: fc.integer({ min: 1, max: 4 }),
  maxPods: fc.integer({ min: 4, max: 8 }),
  callsPerPod: fc.integer({ min: 1, max: 60 }),
  free: fc.oneof(fc.record({ units: fc.nat({ max: 100 }) }), fc.record({ share: fc.double({ min: 0, max: 0.99, noNaN: true }) })),
  quietMs: fc.constantFrom(0, 1000),
  drainTimeoutMs: fc.constantFrom(0, 500_000, 2_000_000),
  surge: fc.integer({ min: 1, max: 2 }),
  isPaused: fc.boolean(),
});

describe('whatever is seen', () => {
  const whatever = (check: (pods: MediaPod[], policy: Policy, decided: Plan, time: number) => void): void =>
    fc.assert(fc.property(anyPods, anyPolicy, fc.integer({ min: 0, max: 3_000_000 }), (pods, policy, time) => {
      const moment = (tick: number) => ({ time, tick, leadMs: 10_000 });
      const before = plan(pods, policy, moment(0), NO_MEMORY).memory;
      check(pods, policy, plan(pods, policy, moment(2000), before), time);
    }), { numRuns: 2000 });
  const named = (pods: readonly MediaPod[], name: string): MediaPod => pods.find((each) => each.name === name) ?? pod('none');

  it('no pod that has a call, or may be given one, is removed before its time is over', () => {
    whatever((pods, { drainTimeoutMs }, { remove }, time) => {
      for (const { name } of remove) {
        const { health, drain, isOffered, load } = named(pods, name);
        const isEmpty = !isOffered && load?.calls === 0;
        const isOver = drain !== undefined && time - drain.since >= drainTimeoutMs;
        expect(health === 'ended' || (drain && isEmpty) || isOver).toBe(true);
      }
    });
  });

  it('a pod is drained only where those that are left are as many as are needed', () => {
    whatever((pods, policy, { drain, needed }) => {
      expect(drain.length).toBeLessThanOrEqual(1);
      const [first] = drain;
      if (!first) return;
      const able = pods.filter((each) => stateOf(each) === 'Ready' && each.isOffered && each.name !== first.name);
      expect(able.length).toBeGreaterThanOrEqual(needed);
      expect(able.length).toBeGreaterThanOrEqual(policy.minPods);
    });
  });

  it('there are never more pods that take calls than may be, but for those that replace others', () => {
    whatever((pods, policy, { create, undrain }) => {
      const serving = pods.filter((each) => ['Starting', 'Ready'].includes(stateOf(each)));
      const most = Math.max(serving.length, policy.maxPods + policy.surge);
      expect(serving.length + create + undrain.length).toBeLessThanOrEqual(most);
    });
  });

  it('nothing is done to one pod twice, nor to one that is not there', () => {
    whatever((pods, _, { drain, undrain, remove }) => {
      const names = [...drain.map(({ name }) => name), ...undrain, ...remove.map(({ name }) => name)];
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(named(pods, name).name).toBe(name);
    });
  });

  it('a clock that jumps changes nothing but what waits for a time', () => {
    fc.assert(fc.property(anyPods, anyPolicy, fc.integer({ min: -1e9, max: 1e9 }), (pods, policy, jump) => {
      const [moment, drainTimeoutMs] = [{ time: 5_000_000, tick: 1000, leadMs: 10_000 }, Infinity];
      const decided = plan(pods, { ...policy, drainTimeoutMs }, moment, NO_MEMORY);
      expect(plan(pods, { ...policy, drainTimeoutMs }, { ...moment, time: moment.time + jump }, NO_MEMORY)).toEqual(decided);
    }));
  });
});
