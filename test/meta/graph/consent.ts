// SPDX-License-Identifier: Apache-2.0
// What one user lets one business number do: be called, be asked, be written to; and what counts towards the limits.
// Source: "User call permissions".
import type { NumberState } from './number.ts';
import { SlidingWindow } from './window.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

export type Grant = 'none' | 'temporary' | 'permanent';

/** Countries of business numbers that cannot call users (Cloud API calling, availability of June 2026). */
export const countriesWithoutBusinessCalls: ReadonlySet<string> = new Set(['US', 'CA', 'EG', 'VN', 'NG']);

/** Business-initiated calls that connect, for one number and one user. */
export const connectedCallsPerDay = 100;

export interface ConsentLimits {
  /** Permission requests. */
  readonly requestsPerDay: number;
  readonly requestsPerWeek: number;
  /** Calls not taken in a row until the permission is gone. */
  readonly missedUntilRevoked: number;
}

const productionLimits: ConsentLimits = { requestsPerDay: 1, requestsPerWeek: 2, missedUntilRevoked: 4 };
const sandboxLimits: ConsentLimits = { requestsPerDay: 25, requestsPerWeek: 100, missedUntilRevoked: 10 };

export function consentLimits({ accountMode }: Pick<NumberState, 'accountMode'>): ConsentLimits {
  return accountMode === 'SANDBOX' ? sandboxLimits : productionLimits;
}

export interface Permission {
  readonly grant: Grant;
  /** Milliseconds; of a temporary one only. */
  readonly expiresAt: number | undefined;
}

const nothing: Permission = { grant: 'none', expiresAt: undefined };

/** Moments are milliseconds and must not go backwards. */
export class Consent {
  #permission = nothing;
  #missed = 0;
  #windowEnd = 0;
  #requestsOfDay = new SlidingWindow(dayMs);
  #requestsOfWeek = new SlidingWindow(weekMs);
  readonly #connected = new SlidingWindow(dayMs);

  /** The user decides; a temporary permission is good for 168 hours. */
  permit(grant: Grant, now: number): void {
    this.#permission = { grant, expiresAt: grant === 'temporary' ? now + weekMs : undefined };
    this.#missed = 0;
  }

  permission(now: number): Permission {
    return (this.#permission.expiresAt ?? Infinity) > now ? this.#permission : nothing;
  }

  /** The user has written: for 24 hours the business may answer in any form. */
  openWindow(now: number): void {
    this.#windowEnd = now + dayMs;
  }

  isWindowOpen(now: number): boolean {
    return now < this.#windowEnd;
  }

  asked(now: number): void {
    this.#requestsOfDay.add(now);
    this.#requestsOfWeek.add(now);
  }

  /** A call of the user was answered, or one of the business: requests count from zero again. */
  talked(): void {
    this.#requestsOfDay = new SlidingWindow(dayMs);
    this.#requestsOfWeek = new SlidingWindow(weekMs);
  }

  /** A call of the business was taken. */
  connected(now: number): void {
    this.talked();
    this.#connected.add(now);
    this.#missed = 0;
  }

  /** A call of the business was declined or rang out; so many in a row take the permission away. */
  missed({ missedUntilRevoked }: ConsentLimits): void {
    this.#missed += 1;
    if (this.#missed < missedUntilRevoked) return;
    this.#permission = nothing;
    this.#missed = 0;
  }

  requests(now: number): { day: Usage; week: Usage } {
    return { day: new Usage(this.#requestsOfDay, now), week: new Usage(this.#requestsOfWeek, now) };
  }

  connectedCalls(now: number): Usage {
    return new Usage(this.#connected, now);
  }
}

/** A count that a limit is held against. */
export class Usage {
  readonly count: number;
  readonly #window: SlidingWindow;
  readonly #now: number;

  constructor(window: SlidingWindow, now: number) {
    this.count = window.count(now);
    this.#window = window;
    this.#now = now;
  }

  /** When the count is below `limit` again, in milliseconds; undefined while it is. */
  regainedAt(limit: number): number | undefined {
    return this.count < limit ? undefined : this.#now + this.#window.waitFor(limit, this.#now);
  }
}

/** A permission request message that was sent. */
export interface PermissionRequest {
  readonly id: string;
  /** The user: E.164 with `+`. */
  readonly to: string;
  readonly userId: string;
  readonly text: string | undefined;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
}
