// SPDX-License-Identifier: Apache-2.0
// How many requests Meta gets from us, over all numbers: for each app, and for each app in each business account.
import { Bucket, type Allowance } from './bucket.ts';
import type { Usage } from './usage.ts';

/**
 * Meta allows an app 200 requests an hour in an account, and 5000 once the account has a registered number. Four fifths of
 * that are ours; the rest is for whatever else uses the app. Source: Meta, WhatsApp Business Management API rate limits.
 */
const ACCOUNT_WITHOUT_NUMBER: Allowance = { burst: 100, perSecond: 60 / 3600 };
const ACCOUNT: Allowance = { burst: 1000, perSecond: 3000 / 3600 };
/** Meta publishes no figure for a system user's app as a whole; this keeps us from arriving in a rush. */
const APP: Allowance = { burst: 200, perSecond: 50 };

/** Above this share of a limit we wait; the rest is left to others. */
const FULL_PERCENT = 90;
const FULL_PAUSE_MS = 60_000;
/** How long an app's limit keeps us away where Meta does not say. */
const THROTTLED_PAUSE_MS = 300_000;

/**
 * Whether users permit calls may be asked far more often: Meta says a hundred times a second for a number. Here too a part is
 * left to others. Source: Meta, "User call permissions".
 */
export const PERMISSIONS: Allowances = { account: { burst: 50, perSecond: 50 }, app: { burst: 500, perSecond: 500 } };

/** What each account and each app is allowed. */
export interface Allowances {
  account: Allowance;
  app: Allowance;
}

/** Whose limits a request counts against. */
export interface Payer {
  /** The app, or while that is unknown anything that stands for its token. */
  app: string;
  account: string;
}

interface Booking {
  payer: Payer;
  count: number;
  used: number;
  /** Places in the two lines. */
  places: { app: number; account: number };
}

/** Requests are booked for a whole pass in advance, so that no pass is stopped half-way for want of them. */
export class Budget {
  readonly #now: () => number;
  readonly #allowances: Allowances;
  readonly #apps = new Map<string, Bucket>();
  readonly #accounts = new Map<string, { bucket: Bucket; registered: boolean }>();
  readonly #bookings = new Map<string, Booking>();

  /**
   * @param now milliseconds of a clock that never goes back
   * @param allowances at the beginning; that of settings where left out
   */
  constructor(now: () => number, allowances: Allowances = { account: ACCOUNT_WITHOUT_NUMBER, app: APP }) {
    this.#now = now;
    this.#allowances = allowances;
  }

  /**
   * Books `count` requests for `key`, or finds the booking that it has, and returns the milliseconds until they may be used.
   * The place in line is kept until {@link settle}; ask again, since what others give back makes it come sooner.
   */
  book(key: string, payer: Payer, count: number): number {
    const now = this.#now();
    const { app, account } = this.#buckets(payer);
    let booking = this.#bookings.get(key);
    if (!booking || !samePayer(booking.payer, payer)) {
      this.settle(key);
      booking = { payer, count, used: 0, places: { app: app.take(count, now), account: account.take(count, now) } };
      this.#bookings.set(key, booking);
    }
    return Math.max(app.waitFor(booking.places.app, now), account.waitFor(booking.places.account, now));
  }

  /** Counts one request of a booking; one beyond it is taken all the same, and those who come later wait for it. */
  spend(key: string, payer: Payer): void {
    const booking = this.#bookings.get(key);
    if (booking && booking.used < booking.count) {
      booking.used += 1;
      return;
    }
    const { app, account } = this.#buckets(payer);
    app.take(1, this.#now());
    account.take(1, this.#now());
  }

  /** Ends a booking and gives back what it did not use. */
  settle(key: string): void {
    const booking = this.#bookings.get(key);
    if (!booking) return;
    this.#bookings.delete(key);
    const { app, account } = this.#buckets(booking.payer);
    const unused = booking.count - booking.used;
    app.giveBack(unused, booking.places.app, this.#now());
    account.giveBack(unused, booking.places.account, this.#now());
  }

  /** The account has a registered number, which raises Meta's limit. */
  registered(payer: Payer): void {
    const entry = this.#buckets(payer).entry;
    if (entry.registered) return;
    entry.registered = true;
    entry.bucket.resize(ACCOUNT, this.#now());
  }

  /** What an answer's headers say of the limits. */
  observe(payer: Payer, usage: Usage): void {
    const now = this.#now();
    const { app, account } = this.#buckets(payer);
    if (usage.accountClosedMs > 0) account.close(usage.accountClosedMs, now);
    else if (usage.accountPercent >= FULL_PERCENT) account.close(FULL_PAUSE_MS, now);
    if (usage.appPercent >= FULL_PERCENT) app.close(FULL_PAUSE_MS, now);
  }

  /** Meta refused because a limit is reached: of the app, or of the account. */
  throttled(payer: Payer, limit: 'app' | 'account', waitMs: number | undefined): void {
    this.#buckets(payer)[limit].close(waitMs ?? THROTTLED_PAUSE_MS, this.#now());
  }

  #buckets({ app, account }: Payer) {
    const now = this.#now();
    const id = `${app} ${account}`;
    const appBucket = this.#apps.get(app) ?? new Bucket(this.#allowances.app, now);
    const entry = this.#accounts.get(id) ?? { bucket: new Bucket(this.#allowances.account, now), registered: false };
    this.#apps.set(app, appBucket);
    this.#accounts.set(id, entry);
    return { app: appBucket, account: entry.bucket, entry };
  }
}

const samePayer = (a: Payer, b: Payer): boolean => a.app === b.app && a.account === b.account;
