// SPDX-License-Identifier: Apache-2.0
// The endpoints of a phone number.
import type { NumberState } from '../number.ts';
import { readJson } from '../request.ts';
import { applyUpdate } from '../settings/merge.ts';
import { parseUpdate } from '../settings/validate.ts';
import { readSettings } from '../settings/view.ts';
import { type Context, type Endpoints, success } from './endpoint.ts';
import { readPermissions } from './call-permissions.ts';
import { uploadMedia } from './media.ts';
import { sendMessage } from './messages.ts';
import { changeNumber, readNumber } from './number-node.ts';
import { deregister, register, requestCode, verifyCode } from './registration.ts';

const scope = 'whatsapp_business_management';

export const numberEndpoints: Endpoints<NumberState> = {
  GET: { scope, handle: (number, context) => readNumber(number, context, context.request.query.get('fields')) },
  POST: { scope, handle: changeNumber },
  'GET settings': { scope, handle: getSettings },
  'POST settings': { scope, handle: postSettings },
  'POST request_code': { scope, handle: requestCode },
  'POST verify_code': { scope, handle: verifyCode },
  'POST register': { scope, handle: register },
  'POST deregister': { scope, handle: deregister },
  // Media belongs to messages, and so does its permission; permissions to call are of that kind too.
  'POST media': { scope: 'whatsapp_business_messaging', handle: uploadMedia },
  'POST messages': { scope: 'whatsapp_business_messaging', handle: sendMessage },
  'GET call_permissions': { scope: 'whatsapp_business_messaging', handle: readPermissions },
};

function getSettings(number: NumberState, { request, quirks, state }: Context): object {
  const withCredentials = request.query.get('include_sip_credentials') === 'true';
  return readSettings(number, { withCredentials, quirks, now: state.now() });
}

function postSettings(number: NumberState, { request, quirks, state, caller }: Context): object {
  const now = state.now();
  const update = parseUpdate(readJson(request), new Date(now));
  const callsHeard = state.hearsCalls(state.accountOf(number));
  applyUpdate(number, update, { appId: caller.app.appId, quirks, now, callsHeard });
  return success;
}
