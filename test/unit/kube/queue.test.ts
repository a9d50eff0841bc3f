// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { WorkQueue, type Item, type QueueOptions } from '../../../operator/kube/queue.ts';
import { FakeClock, seeded } from './fake-clock.ts';

interface Bench {
  readonly queue: WorkQueue;
  readonly clock: FakeClock;
  /** Keys in the order in which their runs started, with the time. */
  readonly starts: string[];
  readonly stop: () => void;
  readonly done: Promise<void>;
}

/** A queue on a fake clock whose work takes `ms` and then does what `outcome` does. */
function bench(options: Partial<QueueOptions> & { ms?: number; outcome?: (item: Item) => number | void } = {}): Bench {
  const clock = new FakeClock();
  const starts: string[] = [];
  const abort = new AbortController();
  const work = async (item: Item): Promise<number | void> => {
    starts.push(`${item.key}@${clock.now()}`);
    await new Promise<void>((resolve) => void clock.after(options.ms ?? 10, resolve));
    return options.outcome?.(item);
  };
  const queue = new WorkQueue({ work, clock, random: () => 0, concurrency: 1, ...options });
  return { queue, clock, starts, stop: () => abort.abort(), done: queue.run(abort.signal) };
}

const item = (key: string, kind = 'A'): Item => ({ kind, key });

describe('a work queue', () => {
  test('makes one run of many adds', async () => {
    const { queue, clock, starts } = bench();
    queue.add(item('busy'));
    for (let i = 0; i < 50; i += 1) queue.add(item('x'));
    await clock.advance(100);
    expect(starts).toEqual(['busy@0', 'x@10']);
  });

  test('lets timers have their turn among thousands of runs that wait for nothing', async () => {
    let runs = 0;
    const abort = new AbortController();
    const queue = new WorkQueue({ work: () => Promise.resolve(void (runs += 1)) });
    const done = queue.run(abort.signal);
    for (let i = 0; i < 5000; i += 1) queue.add(item(String(i)));
    await new Promise((resolve) => void setImmediate(resolve));
    expect(runs).toBeLessThan(1000);
    await vi.waitFor(() => expect(runs).toBe(5000));
    abort.abort();
    await done;
  });

  test('runs an item once more when it was added during its run, and not at the same time', async () => {
    const { queue, clock, starts } = bench({ concurrency: 4 });
    queue.add(item('x'));
    await clock.advance(5);
    queue.add(item('x'));
    queue.add(item('x'));
    await clock.advance(100);
    expect(starts).toEqual(['x@0', 'x@10']);
  });

  test('tells one kind from another', async () => {
    const { queue, clock, starts } = bench({ concurrency: 2 });
    queue.add(item('x', 'A'));
    queue.add(item('x', 'B'));
    await clock.advance(5);
    expect(starts).toEqual(['x@0', 'x@0']);
  });

  test('lets kinds take turns, so that a flood of one does not hold up another', async () => {
    const { queue, clock, starts } = bench();
    for (let i = 0; i < 100; i += 1) queue.add(item(`flood-${i}`, 'A'));
    await clock.advance(45);
    queue.add(item('first', 'B'));
    queue.add(item('second', 'B'));
    await clock.advance(50);
    expect(starts.slice(5, 9)).toEqual(['flood-5@50', 'first@60', 'flood-6@70', 'second@80']);
  });

  test('takes first what somebody waits for, also where it stands in line already, and once', async () => {
    const { queue, clock, starts } = bench();
    for (let i = 0; i < 5; i += 1) queue.add(item(`flood-${i}`));
    await clock.advance(5);
    queue.add(item('flood-3'), { first: true });
    queue.add(item('new'), { first: true });
    expect(queue.depths().get('A')).toBe(5);
    await clock.advance(100);
    expect(starts).toEqual(['flood-0@0', 'flood-3@10', 'new@20', 'flood-1@30', 'flood-2@40', 'flood-4@50']);
  });

  test('runs first once more what was wanted first during its run', async () => {
    const { queue, clock, starts } = bench();
    for (const key of ['x', 'a', 'b']) queue.add(item(key));
    await clock.advance(5);
    queue.add(item('x'), { first: true });
    queue.add(item('x'));
    await clock.advance(100);
    expect(starts).toEqual(['x@0', 'x@10', 'a@20', 'b@30']);
  });

  test('calls again after the time that a run asks for', async () => {
    let runs = 0;
    const { queue, clock, starts } = bench({ outcome: () => ((runs += 1) < 3 ? 1_000 : undefined) });
    queue.add(item('x'));
    await clock.advance(100_000);
    expect(starts).toEqual(['x@0', 'x@1010', 'x@2020']);
    expect(clock.pending).toBe(0);
  });

  test('forgets an appointment when a run starts before it, because that run decides anew', async () => {
    const { queue, clock, starts } = bench();
    queue.addAfter(item('x'), 1_000);
    queue.addAfter(item('x'), 5_000);
    queue.add(item('x'));
    await clock.advance(10_000);
    expect(starts).toEqual(['x@0']);
  });

  test('of several appointments keeps the earliest', async () => {
    const { queue, clock, starts } = bench();
    for (const ms of [5_000, 1_000, 3_000]) queue.addAfter(item('x'), ms);
    await clock.advance(10_000);
    expect(starts).toEqual(['x@1000']);
  });

  test('keeps an appointment made during a run', async () => {
    const { queue, clock, starts } = bench();
    queue.add(item('x'));
    await clock.advance(5);
    queue.addAfter(item('x'), 100);
    await clock.advance(1_000);
    expect(starts).toEqual(['x@0', 'x@105']);
  });

  test('backs off from an item that fails, for longer each time, and starts anew after a success', async () => {
    let runs = 0;
    const failures: string[] = [];
    const { queue, clock, starts } = bench({
      ms: 0,
      backoff: { baseMs: 100, maxMs: 500 },
      observer: {
        failed: ({ key }, error, count, retryMs) => failures.push(`${key} ${String(error)} ${count} ${retryMs}`),
      },
      outcome: () => {
        runs += 1;
        if (runs !== 5) throw new Error('no');
      },
    });
    queue.add(item('x'));
    await clock.advance(750);
    expect(starts).toEqual(['x@0', 'x@50', 'x@150', 'x@350', 'x@600']);
    queue.add(item('x'));
    await clock.advance(10);
    expect(failures).toEqual([50, 100, 200, 250, 50].map((ms, i) => `x Error: no ${i < 4 ? i + 1 : 1} ${ms}`));
  });

  test('stays away as long as an error asks', async () => {
    let runs = 0;
    const { queue, clock, starts } = bench({
      ms: 0,
      outcome: () => {
        if ((runs += 1) === 1) throw Object.assign(new Error('busy'), { retryAfterMs: 7_000 });
      },
    });
    queue.add(item('x'));
    await clock.advance(10_000);
    expect(starts).toEqual(['x@0', 'x@7000']);
  });

  test('waits no longer than the cause of a failure can last, however often others have asked meanwhile', async () => {
    const { queue, clock, starts } = bench({
      ms: 0,
      outcome: () => {
        if (clock.now() < 10_000) throw Object.assign(new Error('not yet'), { retryWithinMs: 10_000 - clock.now() });
      },
    });
    for (let asked = 0; asked < 30; asked += 1) {
      queue.add(item('x'));
      await clock.advance(100);
    }
    await clock.advance(20_000);
    expect(starts.at(-1)).toBe('x@10000');
  });

  test('one failing item does not hold up the others', async () => {
    const { queue, clock, starts } = bench({
      ms: 0,
      outcome: ({ key }) => {
        if (key === 'bad') throw new Error('no');
      },
    });
    queue.add(item('bad'));
    queue.add(item('good'));
    await clock.advance(1);
    expect(starts).toEqual(['bad@0', 'good@0']);
  });

  test('keeps what is added before it runs', async () => {
    const clock = new FakeClock();
    const starts: string[] = [];
    const queue = new WorkQueue({ clock, work: async ({ key }) => void starts.push(key) });
    queue.add(item('x'));
    queue.add(item('y'));
    expect([...queue.depths()]).toEqual([['A', 2]]);
    const abort = new AbortController();
    const done = queue.run(abort.signal);
    await clock.advance(1);
    expect(starts).toEqual(['x', 'y']);
    abort.abort();
    await done;
  });

  test('when stopped, starts nothing more, tells the work in progress and waits for it', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const told: boolean[] = [];
    const starts: string[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      work: async ({ key }, signal) => {
        starts.push(key);
        await new Promise<void>((resolve) => void clock.after(100, resolve));
        told.push(signal.aborted);
      },
    });
    let ended = false;
    const done = queue.run(abort.signal).then(() => (ended = true));
    queue.add(item('x'));
    queue.add(item('y'));
    queue.addAfter(item('z'), 1_000);
    await clock.advance(50);
    abort.abort();
    await clock.advance(40);
    expect(ended).toBe(false);
    await clock.advance(10);
    await done;
    queue.add(item('later'));
    queue.addAfter(item('later'), 1);
    await clock.advance(10_000);
    expect({ starts, told, pending: clock.pending }).toEqual({ starts: ['x'], told: [true], pending: 0 });
  });

  test('says how long the longest run has taken', async () => {
    const { queue, clock } = bench({ ms: 1_000, concurrency: 2 });
    queue.add(item('x'));
    await clock.advance(300);
    queue.add(item('y'));
    await clock.advance(200);
    expect(queue.longestRunMs()).toBe(500);
    await clock.advance(10_000);
    expect(queue.longestRunMs()).toBe(0);
  });

  test('refuses a concurrency that is none', () => {
    expect(() => new WorkQueue({ work: async () => undefined, concurrency: 0 })).toThrow(
      'concurrency must be a whole number above 0, not 0',
    );
  });
});

/** What a test does to a queue: adds, appointments, and time that passes. */
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key: fc.integer({ min: 0, max: 5 }) }),
  fc.record({
    do: fc.constant('after' as const),
    key: fc.integer({ min: 0, max: 5 }),
    ms: fc.integer({ min: 0, max: 300 }),
  }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 200 }) }),
);

describe('whatever is added, and whether work succeeds, fails or asks to be called again', () => {
  test('no item is in work twice at once, the limit holds, every add is followed by a run, and nothing is left behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        async (steps, concurrency, seed) => {
          const random = seeded(seed);
          const clock = new FakeClock();
          const inWork = new Set<string>();
          /** For each item, when a run was last asked for without one having started since. */
          const owed = new Map<string, number>();
          const violations: string[] = [];
          const abort = new AbortController();
          let troubled = true;
          const queue = new WorkQueue({
            clock,
            random,
            concurrency,
            backoff: { baseMs: 10, maxMs: 100 },
            work: async ({ kind, key }) => {
              const id = kind + key;
              // Noted rather than thrown: the queue would take it for a failure of the work.
              if (inWork.has(id)) violations.push(`${id} twice at once`);
              inWork.add(id);
              if (inWork.size > concurrency) violations.push(`${inWork.size} at once`);
              owed.delete(id);
              await new Promise<void>((resolve) => void clock.after(random() * 50, resolve));
              inWork.delete(id);
              if (troubled && random() < 0.3) throw new Error('no');
              return troubled && random() < 0.3 ? random() * 100 : undefined;
            },
          });
          const done = queue.run(abort.signal);
          for (const one of steps) {
            if (one.do === 'pass') await clock.advance(one.ms);
            else {
              const target = { kind: one.key % 2 ? 'A' : 'B', key: String(one.key) };
              owed.set(target.kind + target.key, clock.now());
              if (one.do === 'add') queue.add(target);
              else queue.addAfter(target, one.ms);
            }
          }
          troubled = false;
          await clock.advance(5_000);
          expect(violations).toEqual([]);
          expect([...owed.keys()]).toEqual([]);
          expect([...queue.depths().values()].every((depth) => depth === 0)).toBe(true);
          expect(clock.pending).toBe(0);
          abort.abort();
          await done;
        },
      ),
      { numRuns: 150 },
    );
  });
});
