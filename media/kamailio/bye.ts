// SPDX-License-Identifier: Apache-2.0
// A BYE of our own to one end of a call, as Kamailio's tm.t_uac_start takes it. Pure.
import type { EndedBy } from '../agent/contract.ts';
import type { Side } from '../agent/label.ts';

/** Name of the server that a BYE goes to, by which it is chosen in a TLS hello; undefined for an address. */
export function serverOf({ target, routes }: Side): string | undefined {
  const host = /^sips?:(?:[^@>]*@)?([^:;>]+)/.exec(routes[0] ?? target)?.[1];
  return host === undefined || /^[\d.]+$/.test(host) || host.startsWith('[') ? undefined : host;
}

/** RFC 3326; the second is Q.850's "temporary failure". */
const REASONS: Record<EndedBy, string> = {
  Operator: 'SIP;cause=200;text="Ended By An Operator"',
  LostRelay: 'Q.850;cause=41;text="Media Relay Lost"',
};

/** Method, Request-URI, next hop, socket (any) and headers. */
export function byeTo(callId: string, { target, routes, own, remote, cseq }: Side, why: EndedBy): string[] {
  const headers = [
    `From: ${own}`,
    `To: ${remote}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} BYE`,
    ...routes.map((uri) => `Route: <${uri}>`),
    `Reason: ${REASONS[why]}`,
  ];
  return ['BYE', target, routes[0] ?? '.', '.', headers.map((line) => `${line}\r\n`).join('')];
}
