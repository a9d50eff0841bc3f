// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../operator/meta/budget.ts';
import { readUsage, type Usage } from '../../../operator/meta/usage.ts';

const MINUTE = 60_000;
const payer = { app: 'app', account: 'account' };
const calm: Usage = { appPercent: 0, accountPercent: 0, accountClosedMs: 0 };

/** A budget, and a clock that a test moves. */
function budgetAt() {
  const clock = { now: 0 };
  return { clock, budget: new Budget(() => clock.now) };
}

/** Facts: 200 an hour for an account without a number, of which four fifths are ours; 5000 with one. */
const HOUR_WITHOUT_NUMBER = 160;
const HOUR = 4000;

describe('a budget', () => {
  it('lets a pass begin at once, and the same pass has one booking however often it asks', () => {
    const { budget } = budgetAt();
    for (let i = 0; i < 100; i++) expect(budget.book('a', payer, 60)).toBe(0);
    expect(budget.book('b', payer, 40)).toBe(0);
    expect(budget.book('c', payer, 1)).toBe(MINUTE);
  });

  it('is one for all numbers of an app in an account, and another for any other account', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 100);
    expect(budget.book('b', payer, 1)).toBeGreaterThan(0);
    expect(budget.book('c', { ...payer, account: 'other' }, 1)).toBe(0);
  });

  it('is one for an app over all its accounts', () => {
    const { budget } = budgetAt();
    for (let i = 0; i < 10; i++) budget.book(`n${i}`, { app: 'app', account: `account-${i}` }, 100);
    expect(budget.book('late', { app: 'app', account: 'fresh' }, 1)).toBeGreaterThan(0);
    expect(budget.book('other', { app: 'other', account: 'fresh' }, 1)).toBe(0);
  });

  it('keeps the order of booking, whoever asks again first', () => {
    const { budget, clock } = budgetAt();
    budget.book('a', payer, 100);
    expect([budget.book('b', payer, 1), budget.book('c', payer, 1)]).toEqual([MINUTE, 2 * MINUTE]);
    clock.now = MINUTE;
    expect([budget.book('c', payer, 1), budget.book('b', payer, 1)]).toEqual([MINUTE, 0]);
  });

  it('gives back what a pass did not use, to those behind it', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 100);
    budget.book('b', payer, 3);
    for (let i = 0; i < 98; i++) budget.spend('a', payer);
    budget.settle('a');
    expect(budget.book('b', payer, 3)).toBe(MINUTE);
    expect(budget.book('c', payer, 1)).toBe(2 * MINUTE);
  });

  it('gives back nothing to those in front', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 100);
    expect(budget.book('front', payer, 2)).toBe(2 * MINUTE);
    budget.book('leaves', payer, 50);
    budget.book('back', payer, 1);
    budget.settle('leaves');
    expect([budget.book('front', payer, 2), budget.book('back', payer, 1)]).toEqual([2 * MINUTE, 3 * MINUTE]);
  });

  it('has nothing to give back of a booking that is settled already, or never was', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 100);
    budget.settle('a');
    budget.settle('a');
    budget.settle('ghost');
    expect(budget.book('b', payer, 100)).toBe(0);
    expect(budget.book('c', payer, 1)).toBe(MINUTE);
  });

  it('lets a request beyond its booking pass, and those who come later wait for it', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 90);
    for (let i = 0; i < 95; i++) budget.spend('a', payer);
    for (let i = 0; i < 5; i++) budget.spend('unbooked', payer);
    budget.settle('a');
    expect(budget.book('b', payer, 1)).toBe(MINUTE);
  });

  it('moves a booking to the app, once that is known', () => {
    const { budget } = budgetAt();
    const unknown = { app: 'fingerprint', account: 'account' };
    expect(budget.book('a', unknown, 100)).toBe(0);
    expect(budget.book('a', payer, 100)).toBe(0);
    // What stood for the token is free again.
    expect(budget.book('b', unknown, 100)).toBe(0);
    expect(budget.book('c', payer, 1)).toBe(MINUTE);
  });

  it('grows once the account has a registered number, and once only', () => {
    const { budget } = budgetAt();
    budget.book('a', payer, 100);
    const place = (): number => budget.book('b', payer, 1);
    expect(place()).toBe(MINUTE);
    budget.registered(payer);
    expect(place()).toBe(0);
    for (let i = 0; i < 5; i++) budget.registered(payer);
    budget.spend('b', payer);
    for (let i = 0; i < 899; i++) budget.spend('unbooked', payer);
    expect(budget.book('c', payer, 1)).toBeGreaterThan(0);
  });
});

describe('what Meta says of its limits', () => {
  const waitAfter = (act: (budget: Budget) => void): { same: number; otherAccount: number; otherApp: number } => {
    const { budget } = budgetAt();
    act(budget);
    return {
      same: budget.book('a', payer, 1),
      otherAccount: budget.book('b', { ...payer, account: 'x' }, 1),
      otherApp: budget.book('c', { ...payer, app: 'x' }, 1),
    };
  };
  const none = { same: 0, otherAccount: 0, otherApp: 0 };

  it.each<[string, Partial<Usage>, object]>([
    ['nothing', {}, none],
    ['an app at 89 percent', { appPercent: 89 }, none],
    ['an account at 89 percent', { accountPercent: 89 }, none],
    ['an app at 90 percent', { appPercent: 90 }, { ...none, same: MINUTE, otherAccount: MINUTE }],
    ['an account at 90 percent', { accountPercent: 90 }, { ...none, same: MINUTE }],
    ['when the account may come back', { accountPercent: 100, accountClosedMs: 7 * MINUTE }, { ...none, same: 7 * MINUTE }],
  ])('in its headers is heeded: %s', (_, usage, expected) => {
    expect(waitAfter((budget) => budget.observe(payer, { ...calm, ...usage }))).toEqual(expected);
  });

  it('in an error is heeded, for as long as it says or for five minutes', () => {
    expect(waitAfter((budget) => budget.throttled(payer, 'app', undefined))).toEqual({
      ...none,
      same: 5 * MINUTE,
      otherAccount: 5 * MINUTE,
    });
    expect(waitAfter((budget) => budget.throttled(payer, 'account', 2 * MINUTE))).toEqual({ ...none, same: 2 * MINUTE });
  });

  it('never shortens what it said before', () => {
    expect(
      waitAfter((budget) => {
        budget.throttled(payer, 'account', 30 * MINUTE);
        budget.observe(payer, { ...calm, accountPercent: 95 });
      }).same,
    ).toBe(30 * MINUTE);
  });
});

describe('usage headers', () => {
  const business = (...entries: object[]) => ({ 'x-business-use-case-usage': JSON.stringify({ '123': entries }) });

  it('are read for the highest figure of each kind', () => {
    const headers = {
      'x-app-usage': '{"call_count":10,"total_cputime":95,"total_time":20}',
      ...business(
        { type: 'a', call_count: 5, total_cputime: 6, total_time: 7 },
        { call_count: 100, estimated_time_to_regain_access: 3 },
      ),
    };
    expect(readUsage(headers)).toEqual({ appPercent: 95, accountPercent: 100, accountClosedMs: 3 * MINUTE });
  });

  it.each<[string, Record<string, string | string[] | undefined>]>([
    ['missing', {}],
    ['undefined', { 'x-app-usage': undefined }],
    ['no JSON', { 'x-app-usage': 'busy', 'x-business-use-case-usage': '{' }],
    ['JSON of another kind', { 'x-app-usage': '[1]', 'x-business-use-case-usage': '"x"' }],
    ['null', { 'x-app-usage': 'null', 'x-business-use-case-usage': '{"1":null}' }],
    ['words for figures', { 'x-app-usage': '{"call_count":"many"}', ...business({ call_count: 'many' }) }],
    ['given twice', { 'x-app-usage': ['{"call_count":99}', '{"call_count":99}'] }],
    ['negative', business({ estimated_time_to_regain_access: -5, call_count: -1 })],
  ])('that are %s say nothing', (_, headers) => {
    expect(readUsage(headers)).toEqual(calm);
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.oneof(fc.string(), fc.json()), (app, account) => {
        const usage = readUsage({ 'x-app-usage': app, 'x-business-use-case-usage': account });
        expect(Object.values(usage).every((figure) => Number.isFinite(figure) && figure >= 0)).toBe(true);
      }),
    );
  });
});

/** What one of many numbers does: asks for its turn, makes requests, and ends its pass. */
interface Step {
  key: string;
  count: number;
  used: number;
  wait: number;
  leaves: boolean;
}

const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    count: fc.integer({ min: 1, max: 60 }),
    used: fc.nat(60),
    // Places are asked about at least every ten seconds.
    wait: fc.constantFrom(0, 0, 1000, 10_000),
    leaves: fc.boolean(),
  }),
  { minLength: 50, maxLength: 400 },
);

/** Plays them against one payer, everybody asking at every step, and says when how many requests were let through. */
function letThrough(list: readonly Step[], registered: boolean): { at: number; used: number }[] {
  const { budget, clock } = budgetAt();
  if (registered) budget.registered(payer);
  const waiting = new Map<string, Step>();
  const passed: { at: number; used: number }[] = [];
  for (const step of list) {
    if (waiting.has(step.key) && step.leaves) {
      waiting.delete(step.key);
      budget.settle(step.key);
    } else if (!waiting.has(step.key)) {
      waiting.set(step.key, step);
    }
    for (const [key, { count, used }] of waiting) {
      if (budget.book(key, payer, count) > 0) continue;
      const made = Math.min(count, used);
      for (let i = 0; i < made; i++) budget.spend(key, payer);
      budget.settle(key);
      waiting.delete(key);
      passed.push({ at: clock.now, used: made });
    }
    clock.now += step.wait;
  }
  return passed;
}

describe('in any hour', () => {
  it.each([
    [false, HOUR_WITHOUT_NUMBER, 60 / 3600],
    [true, HOUR, 3000 / 3600],
  ])(
    'with a registered number (%s) at most %i requests are let through, whatever the order of things',
    (registered, hourly, perSecond) => {
      fc.assert(
        fc.property(steps, (list) => {
          const passed = letThrough(list, registered);
          for (const [i, first] of passed.entries()) {
            const within = passed.slice(i).filter(({ at }) => at - first.at <= 3_600_000);
            const sum = within.reduce((total, { used }) => total + used, 0);
            // A turn may be noticed ten seconds late.
            expect(sum).toBeLessThanOrEqual(hourly + 10 * perSecond);
          }
        }),
        { numRuns: 150 },
      );
    },
  );
});
