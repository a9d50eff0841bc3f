// SPDX-License-Identifier: Apache-2.0
// GET and POST /{APP}/subscriptions: which webhooks an app wants, and where.
import * as z from 'zod';
import type { AppState } from '../app.ts';
import { GraphError, invalidParameter, unknownObject } from '../errors.ts';
import { parseOrRefuse } from '../parse.ts';
import { readParams } from '../request.ts';
import { type Context, success } from './endpoint.ts';

/** The webhook fields of the object `whatsapp_business_account`. */
const knownFields = new Set([
  'account_alerts', 'account_review_update', 'account_settings_update', 'account_update', 'automatic_events',
  'business_capability_update', 'business_status_update', 'calls', 'consumer_profile', 'flows',
  'group_lifecycle_update', 'group_participants_update', 'group_settings_update', 'group_status_update', 'history',
  'message_echoes', 'message_template_components_update', 'message_template_quality_update',
  'message_template_status_update', 'messages', 'messaging_handovers', 'partner_solutions',
  'payment_configuration_update', 'phone_number_name_update', 'phone_number_quality_update', 'security',
  'smb_app_state_sync', 'smb_message_echoes', 'standby', 'template_category_update',
  'template_correct_category_detection', 'tracking_events', 'user_preferences',
]);

/** Answers a request to `/{APP}/…`, which takes the app's own access token. Throws GraphError. */
export async function answerApp(app: AppState, edge: string, context: Context): Promise<object> {
  const { caller, request } = context;
  if (edge !== 'subscriptions' || caller.app !== app) throw unknownObject(app.appId);
  if (caller.token !== undefined) {
    const title = 'This method must be called with an app access_token.';
    throw new GraphError({ status: 400, code: 15 }, title, title);
  }
  if (request.method === 'GET') return listSubscriptions(app, request.version);
  if (request.method === 'POST') return subscribe(app, context);
  throw unknownObject(app.appId);
}

function listSubscriptions(app: AppState, version: string): object {
  const data = [...app.subscriptions].map(([object, { callbackURL, fields }]) => ({
    object,
    callback_url: callbackURL,
    active: true,
    fields: fields.map((name) => ({ name, version })),
  }));
  return { data };
}

const subscription = z.object({
  object: z.literal('whatsapp_business_account'),
  callback_url: z.string(),
  verify_token: z.string().min(1),
  fields: z
    .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((field) => field.trim()))])
    .refine((fields) => fields.length > 0, 'names no field'),
});

/** Assumed: a subscription replaces the former one of the same object as a whole. */
async function subscribe(app: AppState, { request, verifyCallback }: Context): Promise<object> {
  const wanted = parseOrRefuse(subscription, await readParams(request));
  const unknown = wanted.fields.find((field) => !knownFields.has(field));
  if (unknown !== undefined) {
    throw invalidParameter(`Param fields: ${unknown} is not a field of the object whatsapp_business_account`);
  }
  await verifyCallback(wanted.callback_url, wanted.verify_token);
  const { object, callback_url: callbackURL, verify_token: verifyToken, fields } = wanted;
  app.subscriptions.set(object, { callbackURL, verifyToken, fields });
  return success;
}
