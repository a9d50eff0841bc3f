// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { no, sameStatus, stalled, toConditions, unknown, yes, type Judgement, type Verdict } from '../../../operator/api/conditions.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');
const judge = (verdicts: Record<string, Verdict>): Judgement => ({ generation: 3, verdicts, summary: 'all is well' });
const typesOf = (verdicts: Record<string, Verdict>) => toConditions(judge(verdicts), [], NOW).map(({ type }) => type);

describe('toConditions', () => {
  it('is Ready with the summary when every verdict is True', () => {
    const conditions = toConditions(judge({ A: yes('Applied', 'a') }), [], NOW);
    expect(conditions.at(-1)).toEqual({
      type: 'Ready',
      status: 'True',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-02T03:04:05Z',
      reason: 'AllGood',
      message: 'all is well',
    });
  });

  it('gives Ready the words of the first verdict that is not True', () => {
    const conditions = toConditions(judge({ A: yes('Applied', 'a'), B: no('Applying', 'b'), C: no('NoRoute', 'c') }), [], NOW);
    expect(conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'Applying', message: 'b' });
  });

  it('lets what only a person can end speak first', () => {
    const conditions = toConditions(judge({ A: no('Applying', 'a'), B: stalled('TokenRefused', 'b') }), [], NOW);
    expect(conditions.find(({ type }) => type === 'Ready')).toMatchObject({ reason: 'TokenRefused', message: 'b' });
  });

  it('has Reconciling or Stalled only while it is true, and never both', () => {
    expect(typesOf({ A: yes('Applied', '') })).toEqual(['A', 'Ready']);
    expect(typesOf({ A: no('Applying', '') })).toEqual(['A', 'Ready', 'Reconciling']);
    expect(typesOf({ A: unknown('Pending', '') })).toEqual(['A', 'Ready', 'Reconciling']);
    expect(typesOf({ A: stalled('Conflict', '') })).toEqual(['A', 'Ready', 'Stalled']);
  });

  it('moves the time only when the status changes', () => {
    const first = toConditions(judge({ A: no('Applying', 'x') }), [], NOW);
    const later = new Date(NOW.getTime() + 60_000);
    const second = toConditions(judge({ A: no('NoRoute', 'y') }), first, later);
    expect(second[0]?.lastTransitionTime).toBe(first[0]?.lastTransitionTime);
    const third = toConditions(judge({ A: yes('Applied', '') }), second, later);
    expect(third[0]?.lastTransitionTime).toBe('2026-01-02T03:05:05Z');
  });

  it('changes nothing when the same is judged again, however much later', () => {
    const verdict = fc.constantFrom(yes('Applied', 'a'), no('Applying', 'b'), stalled('Conflict', 'c'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('A', 'B', 'C'), verdict), fc.nat(), (verdicts, ms) => {
        const first = toConditions(judge(verdicts), [], NOW);
        expect(toConditions(judge(verdicts), first, new Date(NOW.getTime() + ms))).toEqual(first);
      }),
    );
  });
});

describe('sameStatus', () => {
  it('does not care about times and the order of keys', () => {
    expect(sameStatus({ a: 1, conditions: [{ type: 'A', lastTransitionTime: 'x' }] }, { conditions: [{ lastTransitionTime: 'y', type: 'A' }], a: 1 })).toBe(true);
  });

  it('sees every other difference', () => {
    expect(sameStatus({ conditions: [{ type: 'A', message: 'x' }] }, { conditions: [{ type: 'A', message: 'y' }] })).toBe(false);
    expect(sameStatus(undefined, { a: 1 })).toBe(false);
  });
});
