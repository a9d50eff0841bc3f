// SPDX-License-Identifier: Apache-2.0
// Graph's request limits, counted over a sliding hour (or second), and the headers that tell of them.
import { GraphError } from './errors.ts';
import { SlidingWindow } from './window.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

export interface LimitSettings {
  /** Requests an hour of one app for one account that has a connected number. */
  accountPerHour: number;
  /** The same, until the account has one. */
  newAccountPerHour: number;
  /** Requests an hour of one app, whatever they are about; undefined for no such limit. */
  appPerHour: number | undefined;
  /** Reads a second of the call permissions of one number: 100 by "User call permissions", 5 by an older reference. */
  permissionReadsPerSecond: number;
}

/** Meta's figures. The app's own limit depends on its users and is not published for system users' tokens. */
export const metaLimits: LimitSettings = {
  accountPerHour: 5000, newAccountPerHour: 200, appPerHour: undefined, permissionReadsPerSecond: 100,
};

/**
 * Requests beyond a limit count too: "continuing to make calls will continue to increase your call count"
 * (Graph API, rate limiting). That requests to a number count for its account is assumed: Meta does not say.
 */
export class Limits {
  settings = metaLimits;
  readonly #windows = new Map<string, SlidingWindow>();

  /** Counts a request of an app; the result is the header X-App-Usage. Throws GraphError 4. */
  takeForApp(appId: string, now: number): string {
    const limit = this.settings.appPerHour;
    if (limit === undefined) return appUsage(0);
    const window = this.#window(appId);
    const full = window.count(now) >= limit;
    window.add(now);
    if (!full) return appUsage(percent(window.count(now), limit));
    const headers = { 'x-app-usage': appUsage(100) };
    throw new GraphError({ status: 400, code: 4, headers }, 'Application request limit reached', 'Too many API calls');
  }

  /** Counts a request of an app for an account; the result is X-Business-Use-Case-Usage. Throws GraphError 80007. */
  takeForAccount(appId: string, account: { id: string; connected: boolean }, now: number): string {
    const limit = account.connected ? this.settings.accountPerHour : this.settings.newAccountPerHour;
    const window = this.#window(`${appId}/${account.id}`);
    const full = window.count(now) >= limit;
    window.add(now);
    if (!full) return businessUsage(account.id, percent(window.count(now), limit), 0);
    const minutes = Math.ceil(window.waitFor(limit, now) / minuteMs);
    const headers = { 'x-business-use-case-usage': businessUsage(account.id, 100, minutes) };
    const details = `There have been too many calls for the WhatsApp Business Account ${account.id}: `
      + `${limit} an hour are allowed`;
    throw new GraphError({ status: 400, code: 80007, headers }, 'Rate limit issues', details);
  }

  /** Counts a read of call permissions. Throws GraphError 613. */
  takePermissionRead(phoneNumberID: string, now: number): void {
    const limit = this.settings.permissionReadsPerSecond;
    const window = this.#window(`${phoneNumberID}/call_permissions`, 1000);
    const full = window.count(now) >= limit;
    window.add(now);
    if (!full) return;
    const details = `${limit} reads of call permissions a second are allowed`;
    throw new GraphError({ status: 429, code: 613 }, 'Calls to this api have exceeded the rate limit', details);
  }

  #window(key: string, lengthMs = hourMs): SlidingWindow {
    const known = this.#windows.get(key) ?? new SlidingWindow(lengthMs);
    this.#windows.set(key, known);
    return known;
  }
}

const percent = (count: number, limit: number): number => Math.min(100, Math.floor((count * 100) / limit));

export function appUsage(callCount: number): string {
  return JSON.stringify({ call_count: callCount, total_cputime: 0, total_time: 0 });
}

/** The `type` of management calls is not documented; this one is assumed. Minutes are 0 below the limit. */
export function businessUsage(businessAccountID: string, callCount: number, regainMinutes: number): string {
  return JSON.stringify({
    [businessAccountID]: [{
      type: 'whatsapp_business_management',
      call_count: callCount,
      total_cputime: 0,
      total_time: 0,
      estimated_time_to_regain_access: regainMinutes,
    }],
  });
}
