// SPDX-License-Identifier: Apache-2.0
// GET /{PNID}/call_permissions: whether a user may be called, read leniently. Source: Meta, "User call permissions".
import * as z from 'zod';

export interface CallPermission {
  /** The user has agreed, for a while or for good. */
  isGranted: boolean;
  /** Meta would put a call through now. */
  mayCall: boolean;
  /** Where calls to the user are used up: from when there may be one again, in seconds of the epoch. */
  callsAgainAt: number | undefined;
  /** The user may be sent a request now. */
  mayAsk: boolean;
}

const limit = z.object({ limit_expiration_time: z.coerce.number().optional().catch(undefined) });

const action = z.object({
  action_name: z.string(),
  can_perform_action: z.boolean(),
  limits: z.array(limit).catch([]).default([]),
});

export const callPermission = z
  .object({ permission: z.object({ status: z.string() }), actions: z.array(action).default([]) })
  .transform(({ permission: { status }, actions }): CallPermission => {
    const of = (name: string) => actions.find((each) => each.action_name === name);
    const start = of('start_call');
    const ends = (start?.limits ?? []).flatMap(({ limit_expiration_time: end }) => end ?? []);
    return {
      isGranted: status.toLowerCase() !== 'no_permission',
      mayCall: start?.can_perform_action ?? false,
      callsAgainAt: ends.length > 0 ? Math.max(...ends) : undefined,
      mayAsk: of('send_call_permission_request')?.can_perform_action ?? false,
    };
  });

/** A user as +DIGITS or as a business-scoped id, in the parameters that a read takes. */
export const askedOf = (user: string): Record<string, string> => (user.startsWith('+') ? { user_wa_id: user.slice(1) } : { recipient: user });

/** The message by which a user is asked. */
export const permissionRequest = (user: string, text: string | undefined): object => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  ...(user.startsWith('+') ? { to: user.slice(1) } : { recipient: user }),
  type: 'interactive',
  interactive: { type: 'call_permission_request', action: { name: 'call_permission_request' }, ...(text === undefined ? {} : { body: { text } }) },
});
