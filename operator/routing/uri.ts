// SPDX-License-Identifier: Apache-2.0
import type { Destination } from './snapshot.ts';

export type Address = Pick<Destination, 'target' | 'user'>;

/** Splits a destination's SIP URI, already valid by its CRD, into where to send and whom to ask for there. */
export function toAddress(uri: string): Address {
  const address = uri.slice('sip:'.length);
  const at = address.lastIndexOf('@');
  return { target: `sip:${address.slice(at + 1)}`, user: at < 0 ? null : address.slice(0, at) };
}
