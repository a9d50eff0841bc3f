// SPDX-License-Identifier: Apache-2.0
// Who gets the webhooks of a business account, and about what.
import * as z from 'zod';

/** The app's webhook of business accounts. */
export interface AppSubscription {
  callbackURL: string;
  fields: readonly string[];
}

/** Fields whose events say that something the operator watches has changed. */
export const WATCHED_FIELDS = [
  'account_settings_update',
  'account_update',
  'account_alerts',
  'account_review_update',
  'business_capability_update',
  'phone_number_name_update',
  'phone_number_quality_update',
  'security',
] as const;

export const subscribedApps = z
  .object({ data: z.array(z.object({ whatsapp_business_api_data: z.object({ id: z.union([z.string(), z.number()]).transform(String) }) })) })
  .transform(({ data }) => data.map((entry) => entry.whatsapp_business_api_data.id));

const entry = z.object({
  object: z.string(),
  callback_url: z.string().default(''),
  active: z.boolean().default(true),
  fields: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).default([]),
});

export const subscriptions = z.object({ data: z.array(entry) }).transform(({ data }): AppSubscription | undefined => {
  const found = data.find(({ object, active }) => object === 'whatsapp_business_account' && active);
  return found && { callbackURL: found.callback_url, fields: found.fields };
});

/** What is to be set so that the app has this address and all watched fields; undefined where it has. Other fields stay. */
export function toSubscribe(found: AppSubscription | undefined, callbackURL: string): AppSubscription | undefined {
  const fields = [...new Set([...(found?.fields ?? []), ...WATCHED_FIELDS])].sort();
  const isThere = found?.callbackURL === callbackURL && WATCHED_FIELDS.every((name) => found.fields.includes(name));
  return isThere ? undefined : { callbackURL, fields };
}
