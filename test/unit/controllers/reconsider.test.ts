// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { turnOf } from '../../../operator/controllers/shared/reconsider.ts';
import { route } from '../builders.ts';

const edited = (generation: number, programmed?: { status: 'True' | 'False'; observedGeneration: number }) => {
  const object = route('r', ['sales']);
  const conditions = programmed ? [{ type: 'Programmed', lastTransitionTime: '2026-11-21T00:00:00Z', reason: 'r', message: '', ...programmed }] : undefined;
  return { ...object, metadata: { ...object.metadata, generation }, status: { conditions } };
};

describe('whose turn it is', () => {
  it('is first that of one that was edited and is not served so by every proxy', () => {
    expect(turnOf(edited(2))).toBe('first');
    expect(turnOf(edited(3, { status: 'True', observedGeneration: 2 }))).toBe('first');
    expect(turnOf(edited(3, { status: 'False', observedGeneration: 3 }))).toBe('first');
  });

  it('is not that of one that is new, or served as it is', () => {
    expect(turnOf(edited(1))).toBe('usual');
    expect(turnOf(edited(1, { status: 'False', observedGeneration: 1 }))).toBe('usual');
    expect(turnOf(edited(2, { status: 'True', observedGeneration: 2 }))).toBe('usual');
  });
});
