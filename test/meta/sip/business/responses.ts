// SPDX-License-Identifier: Apache-2.0
// Meta's answers to requests of the business, header by header as in its documentation's samples.
import type { Status } from '../context.ts';
import { type Header, respond, type SipRequest, type SipResponse, topBranch } from '../message.ts';
import { metaDomain, metaRoutes } from '../requests.ts';

const allow: Header = { name: 'Allow', value: 'INVITE, ACK, BYE, CANCEL, NOTIFY, OPTIONS' };
const domain: Header = { name: 'X-FB-External-Domain', value: metaDomain };

/** An answer without body; failures carry their text a second time. */
export function answer(request: SipRequest, status: Status, toTag: string): SipResponse {
  const text = status.reason.replace(/["\\]/g, String.raw`\$&`);
  const failure: Header[] = [allow, { name: 'Warning', value: `399 ${metaDomain} "${text}"` }];
  return respond(request, status, toTag, [domain, ...(status.code < 300 ? [] : failure)]);
}

export function trying(invite: SipRequest): SipResponse {
  return respond(invite, { code: 100, reason: 'Trying' }, undefined, [domain]);
}

/** The To tag of a challenge is the top branch, as in the sample. */
export function challenged(invite: SipRequest, challenges: readonly Header[]): SipResponse {
  const status = { code: 407, reason: 'Proxy Authentication Required' };
  return respond(invite, status, topBranch(invite), [...challenges, domain]);
}

/** 180, and 200 when there is SDP: they make a dialog, so Meta's proxies stand before those of the request. */
export function dialogMaking(
  invite: SipRequest,
  status: Status,
  dialog: { readonly tag: string; readonly contact: string; readonly sdp?: string },
): SipResponse {
  const response = respond(invite, status, dialog.tag);
  const firstRoute = response.headers.findIndex(({ name }) => name.toLowerCase() === 'record-route');
  const at = firstRoute < 0 ? response.headers.findLastIndex(({ name }) => name.toLowerCase() === 'via') + 1 : firstRoute;
  const own = metaRoutes.toReversed().map((value) => ({ name: 'Record-Route', value }));
  const body = dialog.sdp === undefined ? [] : [{ name: 'Content-Type', value: 'application/sdp' }];
  return {
    ...response,
    headers: [
      ...response.headers.slice(0, at),
      ...own,
      ...response.headers.slice(at),
      { name: 'Contact', value: `<${dialog.contact}>;isfocus` },
      allow,
      { name: 'Supported', value: 'timer' },
      domain,
      ...body,
    ],
    body: Buffer.from(dialog.sdp ?? ''),
  };
}
