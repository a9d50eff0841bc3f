// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../../operator/meta/bucket.ts';

const SECOND = 1000;
const small = { burst: 10, perSecond: 1 };

describe('a bucket', () => {
  it('lets a burst through at once and makes the rest wait for their turn', () => {
    const bucket = new Bucket(small, 0);
    expect(bucket.waitFor(bucket.take(10, 0), 0)).toBe(0);
    const third = [bucket.take(1, 0), bucket.take(1, 0), bucket.take(3, 0)];
    expect(third.map((place) => bucket.waitFor(place, 0))).toEqual([1000, 2000, 5000]);
    expect(third.map((place) => bucket.waitFor(place, 2000))).toEqual([0, 0, 3000]);
  });

  it('does not save up more than a burst', () => {
    const bucket = new Bucket(small, 0);
    expect(bucket.waitFor(bucket.take(11, 3600 * SECOND), 3600 * SECOND)).toBe(1000);
  });

  it('lets everybody behind come sooner when somebody gives back what was not used', () => {
    const bucket = new Bucket(small, 0);
    const first = bucket.take(10, 0);
    const second = bucket.take(5, 0);
    bucket.giveBack(4, first, 0);
    expect(bucket.waitFor(second, 0)).toBe(1000);
    bucket.giveBack(5, second, 0);
    expect(bucket.waitFor(bucket.take(5, 0), 0)).toBe(1000);
  });

  it('lets nobody in front come sooner when somebody behind leaves', () => {
    const bucket = new Bucket(small, 0);
    bucket.take(10, 0);
    const front = bucket.take(5, 0);
    const middle = bucket.take(20, 0);
    const back = bucket.take(5, 0);
    bucket.giveBack(20, middle, 0);
    expect([front, back].map((place) => bucket.waitFor(place, 0))).toEqual([5000, 10_000]);
    expect(bucket.waitFor(back, 5000)).toBe(5000);
  });

  it('keeps everybody in while it is closed, for the longest time that was said', () => {
    const bucket = new Bucket(small, 0);
    bucket.close(60_000, 0);
    bucket.close(5000, 1000);
    expect(bucket.waitFor(bucket.take(1, 0), 10_000)).toBe(50_000);
    expect(bucket.waitFor(bucket.take(1, 60_000), 60_000)).toBe(0);
  });

  it('has what was spent spent when its allowance grows', () => {
    const bucket = new Bucket(small, 0);
    const place = bucket.take(30, 0);
    bucket.resize({ burst: 20, perSecond: 2 }, 0);
    expect(bucket.waitFor(place, 0)).toBe(5000);
  });
});

/** Somebody in line, never for more than a burst: how much was booked, and how much of it will be used; or who leaves before the turn comes. */
type Move = { kind: 'book'; count: number; used: number } | { kind: 'leave'; which: number } | { kind: 'wait'; ms: number };

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc
    .integer({ min: 1, max: small.burst })
    .chain((count) => fc.record({ kind: fc.constant('book' as const), count: fc.constant(count), used: fc.nat(count) })),
  fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

interface Waiting {
  place: number;
  count: number;
  used: number;
  order: number;
}

/** Plays the moves; whoever's turn has come uses a part and gives back the rest. Says when how many went through, in order. */
function play(list: readonly Move[], allowance = small) {
  const bucket = new Bucket(allowance, 0);
  let now = 0;
  let order = 0;
  let line: Waiting[] = [];
  const passed: { at: number; used: number; order: number }[] = [];
  const admit = (): void => {
    for (const each of line.slice()) {
      if (bucket.waitFor(each.place, now) > 1e-6) continue;
      line = line.filter((other) => other !== each);
      passed.push({ at: now, used: each.used, order: each.order });
      bucket.giveBack(each.count - each.used, each.place, now);
    }
  };
  for (const move of list) {
    if (move.kind === 'book')
      line.push({ place: bucket.take(move.count, now), count: move.count, used: move.used, order: order++ });
    if (move.kind === 'leave') {
      const [left] = line.splice(move.which, 1);
      if (left) bucket.giveBack(left.count, left.place, now);
    }
    const end = now + (move.kind === 'wait' ? move.ms : 0);
    admit();
    while (now < end) {
      now = Math.min(end, now + Math.max(1, Math.min(...line.map(({ place }) => bucket.waitFor(place, now)), end - now)));
      admit();
    }
  }
  return { passed, waiting: line.map(({ place }) => bucket.waitFor(place, now)) };
}

describe('whatever is booked, used, given back and left', () => {
  const lists = fc.array(moves, { maxLength: 60 });

  it('no more goes through in any time than a burst and what that time brings', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const { passed } = play(list);
        for (const [i, first] of passed.entries()) {
          let sum = 0;
          for (const { at, used } of passed.slice(i)) {
            sum += used;
            // Some ask a millisecond late.
            expect(sum).toBeLessThanOrEqual(small.burst + ((at - first.at) / SECOND) * small.perSecond + 0.01);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('everybody goes through in the order of booking', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const orders = play(list).passed.map(({ order }) => order);
        expect(orders).toEqual(orders.toSorted((a, b) => a - b));
      }),
    );
  });

  it('everybody’s turn comes, and those behind wait at least as long as those in front', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const { waiting } = play(list);
        expect(waiting).toEqual(waiting.toSorted((a, b) => a - b));
        expect(play([...list, { kind: 'wait', ms: 1_000_000 }]).waiting).toEqual([]);
      }),
    );
  });
});
