// SPDX-License-Identifier: Apache-2.0
// GET and POST /{PNID}: the phone number node.
import * as z from 'zod';
import type { AccountState } from '../account.ts';
import { invalidParameter } from '../errors.ts';
import { type NodeType, selectFields } from '../fields.ts';
import { numberHealth } from '../health.ts';
import type { NumberState } from '../number.ts';
import { parseOrRefuse } from '../parse.ts';
import { readParams } from '../request.ts';
import type { GraphState } from '../state.ts';
import type { Caller } from '../tokens.ts';
import { type Context, success } from './endpoint.ts';
import { readOverride } from './override.ts';
import { changePin, pinSchema } from './registration.ts';

/** The node's body; `fields` is the comma list of the query. Throws GraphError 100 for a field that does not exist. */
export function readNumber(
  number: NumberState,
  { state, caller }: { state: GraphState; caller: Caller },
  fields: string | null,
): Record<string, unknown> {
  const account = state.accountOf(number);
  const type: NodeType = {
    name: 'WhatsAppBusinessPhoneNumber',
    defaults: ['id', 'display_phone_number', 'verified_name', 'quality_rating', 'code_verification_status'],
    fields: {
      id: () => number.phoneNumberID,
      display_phone_number: () => number.displayPhoneNumber,
      verified_name: () => number.verifiedName,
      quality_rating: () => number.quality,
      code_verification_status: () => number.codeVerification,
      name_status: () => number.nameStatus,
      new_name_status: () => number.newNameStatus,
      status: () => number.numberStatus,
      platform_type: () => number.platformType,
      host_platform: () => number.platformType,
      throughput: () => ({ level: number.throughput }),
      whatsapp_business_manager_messaging_limit: () => number.messagingLimit,
      account_mode: () => number.accountMode,
      is_official_business_account: () => number.official,
      is_pin_enabled: () => number.pin !== undefined,
      is_on_biz_app: () => number.onBizApp,
      country_code: () => number.countryCode,
      last_onboarded_time: () => number.lastOnboarded.toISOString(),
      webhook_configuration: () => webhooks(number, account, caller),
      health_status: () => numberHealth(number, account, caller.app),
    },
  };
  return selectFields(type, fields);
}

/** Where the app of the token hears of the number: three URLs, the first that there is wins. */
function webhooks(number: NumberState, account: AccountState, { app }: Caller): object {
  const ofAccount = account.subscribers.get(app.appId)?.url;
  const ofApp = app.subscriptions.get('whatsapp_business_account')?.callbackURL;
  return {
    ...(number.webhookOverride === undefined ? {} : { phone_number: number.webhookOverride.url }),
    ...(ofAccount === undefined ? {} : { whatsapp_business_account: ofAccount }),
    ...(ofApp === undefined ? {} : { application: ofApp }),
  };
}

const changes = z.object({
  pin: pinSchema.optional(),
  webhook_configuration: z.object({ override_callback_uri: z.string(), verify_token: z.string().optional() }).optional(),
});

/** Sets the PIN, or where webhooks of this number go; an empty address takes that back. */
export async function changeNumber(number: NumberState, { request, verifyCallback }: Context): Promise<object> {
  const { pin, webhook_configuration: webhook } = parseOrRefuse(changes, await readParams(request));
  if (pin === undefined && webhook === undefined) throw invalidParameter('Param pin or webhook_configuration is required');
  if (pin !== undefined) changePin(number, pin);
  if (webhook) number.webhookOverride = await readOverride(webhook, verifyCallback);
  return success;
}
