// SPDX-License-Identifier: Apache-2.0
// The requests Meta sends, header by header as in its documentation's samples.
import { randomBytes } from 'node:crypto';
import { cseq, header, type Header, type SipRequest } from './message.ts';

export const metaDomain = 'wa.meta.vc';

/** Meta's two proxies, in the order in which they stand in the INVITE and must stand, last, in the answer. */
export const metaRoutes: readonly string[] = [
  '<sip:wa.meta.vc;transport=tls;lr>',
  '<sip:onevc-sip-proxy.fbinfra.net:8191;transport=tls;lr>',
];

/** Our end of the TLS connection, which the top-most Via names. */
export interface ViaAddress {
  readonly localAddress: string;
  readonly localPort: number;
}

export interface InviteInput {
  /** E.164 with `+`. */
  readonly businessNumber: string;
  readonly hostname: string;
  readonly userParameters: Readonly<Record<string, string>>;
  /** E.164 with `+`, or a business-scoped user id. */
  readonly from: string;
  readonly userId: string;
  readonly wacid: string;
  readonly fromTag: string;
  readonly cseq: number;
  readonly extraHeaders: readonly Header[];
  readonly sdp: string;
}

/** The Vias of a fresh transaction: the edge that holds the connection, and two hops behind it. */
export function freshVias(via: ViaAddress): { top: Header; inner: Header[] } {
  const branch = `z9hG4bKPj${randomBytes(16).toString('hex')}`;
  const inner = randomBytes(16).toString('hex');
  const second = '2803:6080:0:2:c:d:400:0';
  return {
    top: { name: 'Via', value: `SIP/2.0/TLS ${via.localAddress}:${via.localPort};rport;branch=${branch};alias` },
    inner: [
      { name: 'Via', value: `SIP/2.0/TLS [2803:6080:0:1:a:b:400:0]:5061;branch=${branch}` },
      {
        name: 'Via',
        value: `SIP/2.0/TLS [${second}]:58279;rport=58279;received=${second};branch=z9hG4bKPj${inner};alias`,
      },
    ],
  };
}

export function buildInvite(input: InviteInput, via: ViaAddress, authorization?: Header): SipRequest {
  const { businessNumber, hostname, from, wacid } = input;
  const parameters = Object.entries(input.userParameters).map(([name, value]) => `;${name}=${value}`).join('');
  const vias = freshVias(via);
  return {
    kind: 'request',
    method: 'INVITE',
    uri: `sip:${businessNumber}${parameters}@${hostname};transport=tls`,
    headers: [
      vias.top,
      ...metaRoutes.map((value) => ({ name: 'Record-Route', value })),
      ...vias.inner,
      { name: 'Max-Forwards', value: '69' },
      { name: 'From', value: `"${from.replace('+', '')}" <sip:${from}@${metaDomain}>;tag=${input.fromTag}` },
      { name: 'To', value: `<sip:${businessNumber}@${hostname}>` },
      { name: 'Contact', value: `<${metaContact(from)}>;isfocus` },
      { name: 'Call-ID', value: `outgoing:${wacid}` },
      { name: 'CSeq', value: `${input.cseq} INVITE` },
      { name: 'X-FB-External-Domain', value: metaDomain },
      { name: 'Allow', value: 'INVITE, ACK, BYE, CANCEL, NOTIFY, OPTIONS' },
      { name: 'User-Agent', value: 'Facebook SipGateway' },
      ...(authorization === undefined ? [] : [authorization]),
      { name: 'x-wa-meta-wacid', value: wacid },
      { name: 'x-wa-meta-user-id', value: input.userId },
      ...input.extraHeaders,
      { name: 'Content-Type', value: 'application/sdp' },
    ],
    body: Buffer.from(input.sdp),
  };
}

/** Meta's Contact URI, the request URI of everything the business sends inside the dialog. */
export function metaContact(from: string): string {
  return `sip:${from}@${metaDomain};transport=tls;ob`;
}

/** The same where Meta is called. */
export function answeringContact(user: string): string {
  return `${metaContact(user)};X-FB-Sip-Smc-Tier=collaboration.sip_gateway.sip.prod`;
}

/** ACK or CANCEL of the INVITE's own transaction: same request URI and top-most Via (RFC 3261 §9.1, §17.1.1.3). */
export function hopRequest(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const copied = (name: string): Header[] => {
    const value = header(invite, name);
    return value === undefined ? [] : [{ name, value }];
  };
  return {
    kind: 'request',
    method,
    uri: invite.uri,
    headers: [
      ...copied('Via'),
      { name: 'Max-Forwards', value: '69' },
      ...copied('From'),
      { name: 'To', value: to },
      ...copied('Call-ID'),
      { name: 'CSeq', value: `${cseq(invite).number} ${method}` },
      { name: 'X-FB-External-Domain', value: metaDomain },
    ],
    body: Buffer.alloc(0),
  };
}
