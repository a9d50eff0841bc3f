// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideMedia, type MediaPod } from '../../../operator/scaling/media.ts';

const pod = (name: string, change: Partial<MediaPod> = {}): MediaPod => ({
  name,
  createdAt: '2026-01-01T00:00:00Z',
  templateHash: 'now',
  state: 'ready',
  calls: 0,
  offered: false,
  ...change,
});

describe('decideMedia', () => {
  it('makes the first pod', () => {
    expect(decideMedia([], 'now')).toEqual({ create: true, remove: [] });
  });

  it('rests while its one pod is there, whether ready or starting', () => {
    expect(decideMedia([pod('a')], 'now')).toEqual({ create: false, remove: [] });
    expect(decideMedia([pod('a', { state: 'starting' })], 'now')).toEqual({ create: false, remove: [] });
  });

  it('replaces a pod that ended, and one that is being deleted', () => {
    expect(decideMedia([pod('a', { state: 'ended' })], 'now')).toEqual({ create: true, remove: ['a'] });
    expect(decideMedia([pod('a', { state: 'leaving' })], 'now')).toEqual({ create: true, remove: [] });
  });

  it('keeps a pod of an old template until the new one is ready and the old one is idle', () => {
    const old = pod('old', { templateHash: 'before' });
    expect(decideMedia([old], 'now')).toEqual({ create: true, remove: [] });
    expect(decideMedia([old, pod('new', { state: 'starting' })], 'now').remove).toEqual([]);
    expect(decideMedia([{ ...old, calls: 1 }, pod('new')], 'now').remove).toEqual([]);
    expect(decideMedia([{ ...old, calls: undefined }, pod('new')], 'now').remove).toEqual([]);
    expect(decideMedia([{ ...old, offered: true }, pod('new')], 'now').remove).toEqual([]);
    expect(decideMedia([old, pod('new')], 'now')).toEqual({ create: false, remove: ['old'] });
  });

  it('never removes a living pod that relays calls, may be sent some, or cannot be asked', () => {
    const any = fc.record({
      name: fc.uuid(),
      createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      templateHash: fc.constantFrom('now', 'before', undefined),
      state: fc.constantFrom<MediaPod['state']>('starting', 'ready', 'ended', 'leaving'),
      calls: fc.constantFrom(0, 1, 100, undefined),
      offered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(any, { selector: ({ name }) => name }), (pods) => {
        const { remove } = decideMedia(pods, 'now');
        const removed = pods.filter(({ name }) => remove.includes(name));
        expect(removed.every(({ state, calls, offered }) => state === 'ended' || (calls === 0 && !offered))).toBe(true);
      }),
    );
  });
});
