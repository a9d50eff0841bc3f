// SPDX-License-Identifier: Apache-2.0
// The dialog a 200 OK makes (RFC 3261 §12.1). Where the business answers, Meta has a condition of its own: its two
// Record-Routes come back last and in order, or neither ACK nor BYE can find their way.
import type { MediaFindingCode } from '../media/transport.ts';
import {
  header, type Header, listHeader, parameter, type SipMessage, type SipRequest, type SipResponse,
} from './message.ts';
import { freshVias, metaDomain, metaRoutes, type ViaAddress } from './requests.ts';
import { parseUri, sameUri, uriOf } from './uri.ts';

export type FindingCode =
  | MediaFindingCode
  | 'record_route_changed' | 'via_changed' | 'no_to_tag' | 'bad_contact' | 'bad_route' | 'route_set_lost'
  | 'request_uri_wrong' | 'bad_sdp_answer' | 'unknown_in_dialog' | 'second_answer' | 'in_dialog_unreachable'
  | 'unusable_challenge' | 'cseq_not_higher' | 'ack_wrong' | 'no_ack' | 'cancel_unmatched' | 'invite_in_call' | 'party_changed';

/** Something the other side did that Meta's documents or RFC 3261 do not allow. */
export interface Finding {
  readonly code: FindingCode;
  readonly detail: string;
}

export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To as we send them. */
  readonly local: string;
  readonly remote: string;
  /** The request URI of ACK and BYE: the Contact of the answer. */
  readonly remoteTarget: string;
  /** Route values left once a request has passed Meta's proxies, the gateway's first. */
  readonly routes: readonly string[];
}

/** Either the dialog, or what makes it unusable: Meta then sends no ACK and knows no dialog. */
export function establish(invite: SipRequest, answer: SipResponse): Dialog | Finding {
  const recorded = listHeader(answer, 'Record-Route');
  const tail = recorded.slice(-metaRoutes.length);
  if (tail.join() !== metaRoutes.join()) {
    const detail = `Record-Route of the answer ends with [${tail.join(', ')}] instead of [${metaRoutes.join(', ')}]`;
    return { code: 'record_route_changed', detail };
  }
  const remote = header(answer, 'To') ?? '';
  const remoteTag = parameter(remote, 'tag');
  if (remoteTag === undefined || remoteTag === '') return { code: 'no_to_tag', detail: `To is "${remote}"` };
  const path = pathOf(answer, recorded.slice(0, -metaRoutes.length).toReversed());
  if ('code' in path) return path;
  const local = header(invite, 'From') ?? '';
  const localTag = parameter(local, 'tag') ?? '';
  return { callId: header(invite, 'Call-ID') ?? '', localTag, remoteTag, local, remote, ...path };
}

/** The dialog of a call that Meta answers with `localTag`, or what in the INVITE makes it impossible. */
export function establishAnswered(invite: SipRequest, localTag: string): Dialog | Finding {
  const path = pathOf(invite, listHeader(invite, 'Record-Route'));
  if ('code' in path) return path;
  const local = `${header(invite, 'To') ?? ''};tag=${localTag}`;
  const remote = header(invite, 'From') ?? '';
  const remoteTag = parameter(remote, 'tag') ?? '';
  return { callId: header(invite, 'Call-ID') ?? '', localTag, remoteTag, local, remote, ...path };
}

function pathOf(message: SipMessage, routes: readonly string[]): Pick<Dialog, 'remoteTarget' | 'routes'> | Finding {
  const contacts = listHeader(message, 'Contact');
  const remoteTarget = uriOf(contacts[0] ?? '');
  if (contacts.length !== 1 || !parseUri(remoteTarget)) {
    return { code: 'bad_contact', detail: `Contact is "${contacts.join(', ')}", one SIP URI is needed` };
  }
  const bad = routes.find((route) => parseUri(uriOf(route))?.parameters.has('lr') !== true);
  if (bad !== undefined) return { code: 'bad_route', detail: `${bad} is not a loose-routing SIP URI` };
  return { remoteTarget, routes };
}

/** The Vias must come back as sent, apart from what RFC 3261 §18.2 adds (received, rport). */
export function checkVias(request: SipRequest, response: SipResponse): Finding | undefined {
  const sent = listHeader(request, 'Via').map(branchOf);
  const got = listHeader(response, 'Via').map(branchOf);
  if (sent.join() === got.join()) return undefined;
  const detail = `the answer has the Via branches [${got.join(', ')}], sent were [${sent.join(', ')}]`;
  return { code: 'via_changed', detail };
}

/** Checks a request of the business inside the dialog: it must carry Meta's route set and Meta's Contact. */
export function checkInDialog(request: SipRequest, contact: string): Finding | undefined {
  const routes = listHeader(request, 'Route').map(uriOf);
  const wanted = metaRoutes.map(uriOf);
  if (routes.join() !== wanted.join()) {
    const detail = `${request.method} came with Route [${routes.join(', ')}] instead of [${wanted.join(', ')}]`;
    return { code: 'route_set_lost', detail };
  }
  if (sameUri(request.uri, contact)) return undefined;
  return { code: 'request_uri_wrong', detail: `${request.method} is for ${request.uri} instead of ${contact}` };
}

/** Checks that both parties are called in a request as they were in the INVITE (RFC 3261 §12.2.1.1). */
export function checkParties(request: SipRequest, invite: SipRequest): Finding | undefined {
  for (const name of ['From', 'To']) {
    const [now, before] = [request, invite].map((each) => uriOf(header(each, name) ?? ''));
    if (now !== before) return { code: 'party_changed', detail: `${name} of ${request.method} is ${now} instead of ${before}` };
  }
  return undefined;
}

/** ACK or BYE along the route set. */
export function inDialogRequest(
  dialog: Dialog,
  method: 'ACK' | 'BYE',
  sequence: number,
  options: { via: ViaAddress; extra: readonly Header[] },
): SipRequest {
  const vias = freshVias(options.via);
  return {
    kind: 'request',
    method,
    uri: dialog.remoteTarget,
    headers: [
      vias.top,
      ...vias.inner,
      { name: 'Max-Forwards', value: '69' },
      ...dialog.routes.map((value) => ({ name: 'Route', value })),
      { name: 'From', value: dialog.local },
      { name: 'To', value: dialog.remote },
      { name: 'Call-ID', value: dialog.callId },
      { name: 'CSeq', value: `${sequence} ${method}` },
      { name: 'X-FB-External-Domain', value: metaDomain },
      { name: 'User-Agent', value: 'Facebook SipGateway' },
      ...options.extra,
    ],
    body: Buffer.alloc(0),
  };
}

function branchOf(via: string): string {
  return parameter(via, 'branch') ?? via;
}
