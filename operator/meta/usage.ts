// SPDX-License-Identifier: Apache-2.0
// The headers by which Meta says how much of a limit is used. Source: Graph API, Rate Limiting.
import * as z from 'zod';

const percent = z.coerce.number().default(0);
const appUsage = z.object({ call_count: percent, total_cputime: percent, total_time: percent });
const businessUsage = z.record(
  z.string(),
  z.array(appUsage.extend({ estimated_time_to_regain_access: z.coerce.number().default(0) })),
);

/** What an answer's headers say. */
export interface Usage {
  /** The highest of the app's figures, in percent of its limit. */
  appPercent: number;
  /** The highest of the business account's figures, in percent of its limit. */
  accountPercent: number;
  /** How long Meta asks us to stay away from the account; 0 where it does not. */
  accountClosedMs: number;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that are missing or unreadable say nothing. */
export function readUsage(headers: Headers): Usage {
  const app = appUsage.safeParse(tryJson(headers['x-app-usage']));
  const business = businessUsage.safeParse(tryJson(headers['x-business-use-case-usage']));
  const entries = business.success ? Object.values(business.data).flat() : [];
  return {
    appPercent: app.success ? highest(app.data) : 0,
    accountPercent: Math.max(0, ...entries.map(highest)),
    accountClosedMs: Math.max(0, ...entries.map((entry) => entry.estimated_time_to_regain_access)) * 60_000,
  };
}

const highest = (usage: z.infer<typeof appUsage>): number => Math.max(usage.call_count, usage.total_cputime, usage.total_time);

function tryJson(header: string | string[] | undefined): unknown {
  try {
    return JSON.parse(String(header));
  } catch {
    return undefined;
  }
}
