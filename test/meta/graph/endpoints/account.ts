// SPDX-License-Identifier: Apache-2.0
// The endpoints of a WhatsApp Business Account: node, numbers, subscribed apps.
import * as z from 'zod';
import type { AccountState } from '../account.ts';
import { type NodeType, selectFields } from '../fields.ts';
import { accountHealth } from '../health.ts';
import { paginate } from '../paging.ts';
import { parseOrRefuse } from '../parse.ts';
import { readParams } from '../request.ts';
import { type Context, type Endpoints, success } from './endpoint.ts';
import { readNumber } from './number-node.ts';
import { readOverride } from './override.ts';

const scope = 'whatsapp_business_management';

export const accountEndpoints: Endpoints<AccountState> = {
  GET: { scope, handle: readAccount },
  'GET phone_numbers': {
    scope,
    handle: (account, context) => listNumbers(account, context, context.request.query.get('fields')),
  },
  'GET subscribed_apps': { scope, handle: listSubscribers },
  'POST subscribed_apps': { scope, handle: subscribe },
  'DELETE subscribed_apps': { scope, handle: unsubscribe },
};

function readAccount(account: AccountState, context: Context): object {
  const type: NodeType = {
    name: 'WhatsAppBusinessAccount',
    defaults: ['id', 'name', 'timezone_id', 'message_template_namespace'],
    fields: {
      id: () => account.id,
      name: () => account.name,
      currency: () => account.currency,
      timezone_id: () => account.timezoneID,
      country: () => account.country,
      message_template_namespace: () => account.messageTemplateNamespace,
      account_review_status: () => account.accountReviewStatus,
      business_verification_status: () => account.businessVerificationStatus,
      ownership_type: () => account.ownershipType,
      primary_business_location: () => account.primaryBusinessLocation,
      primary_funding_id: () => account.primaryFundingID,
      status: () => account.status,
      health_status: () => accountHealth(account, context.caller.app),
      subscribed_apps: () => listSubscribers(account, context),
      phone_numbers: (members) => listNumbers(account, context, members),
    },
  };
  return selectFields(type, context.request.query.get('fields'));
}

function listNumbers(account: AccountState, context: Context, fields: string | null): object {
  const { state, caller, request } = context;
  const seen = state.numbersOf(account).filter((number) => state.seesNumber(caller, number));
  const page = paginate(seen, (number) => number.phoneNumberID, request);
  return { ...page, data: page.data.map((number) => readNumber(number, context, fields)) };
}

/** Assumed: one sees all apps that subscribe to the account, as the documented answer lists several. */
function listSubscribers(account: AccountState, { state }: Context): object {
  const data = [...account.subscribers].map(([appId, override]) => ({
    whatsapp_business_api_data: {
      id: appId,
      name: state.app(appId)?.name,
      link: `https://www.facebook.com/games/?app_id=${appId}`,
    },
    ...(override === undefined ? {} : { override_callback_uri: override.url }),
  }));
  return { data };
}

const subscription = z.object({ override_callback_uri: z.string().optional(), verify_token: z.string().optional() });

/** An empty body subscribes too, and takes an override back. */
async function subscribe(account: AccountState, { caller, request, verifyCallback }: Context): Promise<object> {
  const params = parseOrRefuse(subscription, await readParams(request));
  account.subscribers.set(caller.app.appId, await readOverride(params, verifyCallback));
  return success;
}

function unsubscribe(account: AccountState, { caller }: Context): object {
  account.subscribers.delete(caller.app.appId);
  return success;
}
