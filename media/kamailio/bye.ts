// SPDX-License-Identifier: Apache-2.0
// A BYE of our own to one end of a call, as Kamailio's tm.t_uac_start takes it. Pure.
import type { Side } from '../agent/label.ts';

/** Method, Request-URI, next hop, socket (any) and headers. */
export function byeTo(callId: string, { target, routes, own, remote, cseq }: Side): string[] {
  const headers = [
    `From: ${own}`,
    `To: ${remote}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} BYE`,
    ...routes.map((uri) => `Route: <${uri}>`),
    'Reason: SIP;cause=200;text="Ended By An Operator"',
  ];
  return ['BYE', target, routes[0] ?? '.', '.', headers.map((line) => `${line}\r\n`).join('')];
}
