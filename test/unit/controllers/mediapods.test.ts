// SPDX-License-Identifier: Apache-2.0
// What is known of media pods by their objects and by what the proxies say.
import { describe, expect, it } from 'vitest';
import { toMediaPod, toTakeIn, type Facts, type Report } from '../../../operator/controllers/media/gather.ts';
import { Idle, IDLE_AFTER_MS } from '../../../operator/controllers/media/idle.ts';
import { Offers, ON_ITS_WAY_MS } from '../../../operator/controllers/media/offers.ts';
import { rolloutProblem } from '../../../operator/controllers/media/policy.ts';
import { pod, type Pod } from '../../../operator/controllers/shared/observed.ts';
import { stateOf } from '../../../operator/scaling/pod.ts';
import { gateway, mediaPod } from '../builders.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const CREATED = new Date(NOW - 10_000).toISOString();
const READY = { type: 'Ready', status: 'True' };
const running = (restartCount = 0) => ({ restartCount, state: { running: {} } });
const waiting = (reason: string, forMs = 0) => ({ restartCount: 4, state: { waiting: { reason } }, lastState: { terminated: { finishedAt: new Date(NOW - forMs).toISOString() } } });

const seen = (change: { metadata?: object; status?: object; spec?: object } = {}): Pod =>
  pod.parse({
    metadata: { name: 'm', namespace: 'voice', creationTimestamp: CREATED, annotations: { 'trunkline.dev/template-hash': 'now' }, ...change.metadata },
    spec: { nodeName: 'one', ...change.spec },
    status: { phase: 'Running', conditions: [READY], containerStatuses: [running()], ...change.status },
  });
const FACTS: Facts = { templateHash: 'now', reports: [], wasOffered: () => false, isCordoned: () => false, now: NOW };
const healthOf = (status: object, metadata = {}) => toMediaPod(seen({ status, metadata }), FACTS).health;

describe('a media pod', () => {
  const takenIn = { annotations: { 'trunkline.dev/taken-in': 'true' } };
  const old = { creationTimestamp: new Date(NOW - 400_000).toISOString() };

  it('is ready, starting, no longer ready, ended or leaving, by what Kubernetes and the proxies say of it', () => {
    const notReady = { conditions: [] };
    expect(healthOf({})).toBe('ready');
    expect(healthOf({ ...notReady })).toBe('starting');
    expect(healthOf({ ...notReady, containerStatuses: [waiting('ContainerCreating')] })).toBe('starting');
    expect(healthOf({ ...notReady, containerStatuses: [running(1)] }, takenIn)).toBe('unready');
    // However young it is: its calls may be there.
    expect(healthOf({ ...notReady }, takenIn)).toBe('unready');
    expect(healthOf({ phase: 'Failed' })).toBe('ended');
    expect(healthOf({}, { deletionTimestamp: CREATED })).toBe('leaving');
  });

  it('that fails again and again, or was never of use, has ended; one that took calls for long has not', () => {
    expect(healthOf({ conditions: [], containerStatuses: [waiting('CrashLoopBackOff', 25_000)] }, takenIn)).toBe('unready');
    expect(healthOf({ conditions: [], containerStatuses: [waiting('CrashLoopBackOff', 35_000)] }, takenIn)).toBe('ended');
    expect(healthOf({ conditions: [], containerStatuses: [waiting('ImagePullBackOff')] }, old)).toBe('ended');
    expect(healthOf({ conditions: [], phase: 'Pending', containerStatuses: [] }, old)).toBe('ended');
    expect(healthOf({ conditions: [], containerStatuses: [running()] }, { ...old, ...takenIn })).toBe('unready');
  });

  it('that has never been of use is waited for, so that a broken image makes no pod after the other', () => {
    expect(healthOf({ conditions: [], containerStatuses: [waiting('CrashLoopBackOff', 35_000)] })).toBe('starting');
    expect(healthOf({ conditions: [], containerStatuses: [running(3)] })).toBe('starting');
    expect(healthOf({ conditions: [], containerStatuses: [running(9)] }, old)).toBe('ended');
  });

  it('drains by what is written on it, whoever wrote it', () => {
    const since = new Date(NOW).toISOString();
    const drainOf = (annotations: object) => toMediaPod(seen({ metadata: { annotations } }), FACTS).drain;
    expect(drainOf({})).toBeUndefined();
    expect(drainOf({ 'trunkline.dev/draining-since': since, 'trunkline.dev/draining-reason': 'ScaleIn' })).toEqual({ since: NOW, reason: 'ScaleIn' });
    expect(drainOf({ 'trunkline.dev/draining-since': since, 'trunkline.dev/draining-reason': 'tired' })).toEqual({ since: NOW, reason: 'Outdated' });
    expect(drainOf({ 'trunkline.dev/draining-since': 'soon' })).toBeUndefined();
  });

  it('has the calls that the proxy tells which knows of most, and an unknown number where none tells', () => {
    const says = (calls: number | undefined): Report => ({ m: { isKnown: true, takesCalls: true, load: calls === undefined ? null : { calls, units: calls } } });
    const loadOf = (...reports: Report[]) => toMediaPod(seen(), { ...FACTS, reports }).load;
    expect(loadOf(says(3), says(7), says(undefined), undefined)).toEqual({ calls: 7, units: 7 });
    expect(loadOf(says(undefined), undefined, {})).toBeUndefined();
    expect(loadOf()).toBeUndefined();
  });

  it('is empty from the moment that the proxies were told to forget it, whatever they said until then', () => {
    const annotations = { 'trunkline.dev/removed': 'true', 'trunkline.dev/draining-since': CREATED };
    const reports = [{ m: { isKnown: true, takesCalls: true, load: null } }];
    expect(stateOf(toMediaPod(seen({ metadata: { annotations } }), { ...FACTS, reports, wasOffered: () => true }))).toBe('Empty');
  });

  it('is on a node that is to be emptied where somebody says so', () => {
    expect(toMediaPod(seen(), { ...FACTS, isCordoned: (node) => node === 'one' }).isCordoned).toBe(true);
    expect(toMediaPod(seen({ spec: { nodeName: undefined } }), { ...FACTS, isCordoned: () => true }).isCordoned).toBe(false);
  });
});

describe('whether a call may be on its way to a pod', () => {
  const gives = (takesCalls: boolean | null): Report => ({ m: { isKnown: true, takesCalls, load: null } });
  const after = (ms: number, ...reports: Report[]): boolean => {
    const offers = new Offers();
    offers.observe(['m'], [gives(true)], 0);
    offers.observe(['m'], reports, 10_000);
    return offers.has('m', 10_000 + ms);
  };

  it('is true as long as one proxy gives it some, does not say, or does not answer', () => {
    for (const report of [gives(true), gives(null), undefined]) expect(after(ON_ITS_WAY_MS - 1, gives(false), report)).toBe(true);
  });

  it('is false some seconds after all have said that they do not, or do not know it', () => {
    const offers = new Offers();
    offers.observe(['m'], [gives(true)], 0);
    offers.observe(['m'], [gives(false), {}], 1000);
    expect(offers.has('m', ON_ITS_WAY_MS - 1)).toBe(true);
    offers.observe(['m'], [gives(false), {}], ON_ITS_WAY_MS);
    expect(offers.has('m', ON_ITS_WAY_MS)).toBe(false);
  });

  it('is taken for true at first, when an operator has just started', () => {
    const offers = new Offers();
    offers.observe(['m'], [gives(false)], 50_000);
    expect(offers.has('m', 50_000)).toBe(true);
    expect(offers.has('m', 50_000 + ON_ITS_WAY_MS)).toBe(false);
  });
});

describe('a pod that is ready', () => {
  const says = (isKnown: boolean | null): Report => ({ m: { isKnown, takesCalls: false, load: null } });
  const fresh = mediaPod({ isTakenIn: false });
  const taken = (...reports: Report[]): string[] => toTakeIn([fresh, mediaPod({ name: 'other' })], reports).map(({ name }) => name);

  it('takes calls only once every proxy could find it', () => {
    expect(taken()).toEqual(['m']);
    expect(taken(says(true), says(true))).toEqual(['m']);
    for (const report of [says(false), says(null), undefined, {}]) expect(taken(says(true), report)).toEqual([]);
  });

  it('takes calls at once where no other one does', () => {
    expect(toTakeIn([fresh, mediaPod({ name: 'other', health: 'unready' })], [says(false), undefined])).toEqual([fresh]);
    expect(toTakeIn([mediaPod({ isTakenIn: false, health: 'starting' })], [])).toEqual([]);
  });
});

describe('an idle pod', () => {
  it('is one that has had no call for half a minute, and none that does not tell', () => {
    const idle = new Idle();
    const pods = (calls: number) => [mediaPod({ name: 'a', load: { calls: 0, units: 0 } }), mediaPod({ name: 'b', load: { calls, units: calls } }), mediaPod({ name: 'c', load: undefined })];
    expect(idle.observe(pods(1), 0)).toEqual(new Set());
    expect(idle.observe(pods(0), IDLE_AFTER_MS)).toEqual(new Set(['a']));
    expect(idle.observe(pods(0), 2 * IDLE_AFTER_MS)).toEqual(new Set(['a', 'b']));
    expect(idle.observe(pods(1), 2 * IDLE_AFTER_MS + 1)).toEqual(new Set(['a']));
    expect(idle.observe(pods(0), 2 * IDLE_AFTER_MS + 2)).toEqual(new Set(['a']));
  });
});

describe('the state of a pod', () => {
  it.each([
    [{}, 'Ready'],
    [{ health: 'starting' as const }, 'Starting'],
    [{ isTakenIn: false }, 'Starting'],
    [{ health: 'unready' as const }, 'Failed'],
    [{ health: 'ended' as const, drain: { since: 0, reason: 'ScaleIn' as const } }, 'Failed'],
    [{ drain: { since: 0, reason: 'ScaleIn' as const } }, 'Draining'],
    [{ drain: { since: 0, reason: 'ScaleIn' as const }, isOffered: false, load: { calls: 1, units: 1 } }, 'Draining'],
    [{ drain: { since: 0, reason: 'ScaleIn' as const }, isOffered: false, load: undefined }, 'Draining'],
    [{ drain: { since: 0, reason: 'ScaleIn' as const }, isOffered: false }, 'Empty'],
    [{ health: 'leaving' as const, load: undefined }, 'Draining'],
    [{ health: 'leaving' as const, isOffered: false }, 'Empty'],
  ])('of %j is %s', (change, state) => {
    expect(stateOf(mediaPod(change))).toBe(state);
  });
});

describe('a rollout', () => {
  const annotated = (annotations: Record<string, string>) => ({ metadata: { ...gateway().metadata, annotations } });

  it('that is to be paused in other words is told how', () => {
    expect(rolloutProblem(gateway())).toBeUndefined();
    expect(rolloutProblem(annotated({ 'trunkline.dev/media-rollout': 'paused' }))).toBeUndefined();
    expect(rolloutProblem(annotated({ 'trunkline.dev/media-rollout': 'pause' }))).toBe('trunkline.dev/media-rollout is "pause", which changes nothing: write "paused", or take it off with trunkline.dev/media-rollout-');
  });
});
