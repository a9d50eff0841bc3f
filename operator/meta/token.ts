// SPDX-License-Identifier: Apache-2.0
// GET /debug_token: what an access token is worth.
import * as z from 'zod';

export const tokenInfo = z
  .object({
    data: z.object({
      app_id: z.union([z.string(), z.number()]).transform(String).optional(),
      is_valid: z.boolean().default(false),
      /** Unix seconds; 0 for one that does not end. */
      expires_at: z.coerce.number().max(253_402_300_799).default(0).catch(0),
      /** Left out: nothing is known of them. */
      scopes: z.array(z.string()).optional(),
      granular_scopes: z
        .array(z.object({ scope: z.string(), target_ids: z.array(z.union([z.string(), z.number()]).transform(String)).optional() }))
        .default([]),
      error: z.object({ message: z.string().default('') }).optional(),
    }),
  })
  .transform(({ data }) => data);

export type TokenInfo = z.infer<typeof tokenInfo>;

/** What an app must hold: the first to set a number up, the second so that Meta sends it calls. */
export const NEEDED_SCOPES = ['whatsapp_business_management', 'whatsapp_business_messaging'] as const;

export const missingScopes = ({ scopes }: TokenInfo): string[] => NEEDED_SCOPES.filter((scope) => scopes?.includes(scope) === false);

/** Scopes that the token holds, though not for this account. */
export function scopesElsewhere({ granular_scopes: granular }: TokenInfo, accountID: string): string[] {
  return NEEDED_SCOPES.filter((needed) => {
    const entries = granular.filter(({ scope }) => scope === needed);
    return entries.length > 0 && entries.every(({ target_ids: targets }) => targets && !targets.includes(accountID));
  });
}
