// SPDX-License-Identifier: Apache-2.0
// Messages as a capture that Wireshark and sngrep read. Pure. Each is one UDP datagram, whatever carried it: what TLS hid is in
// the open, and what TCP cut is whole. Source: the libpcap file format; link type 101 is a bare IP packet.
import { addressOf, portOf, type Packet } from '../media/agent/trace/hep.ts';

const LINK_RAW = 101;
const SNAP = 262_144;
const IP_HEAD = 20;
const UDP_HEAD = 8;
/** A datagram can hold no more. */
const MOST = 65_535 - IP_HEAD - UDP_HEAD;

export function toPcap(messages: readonly Packet[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(SNAP, 16);
  head.writeUInt32LE(LINK_RAW, 20);
  return Buffer.concat([head, ...messages.map(toRecord)]);
}

function toRecord({ at, from, to, text }: Packet): Buffer {
  const payload = Buffer.from(text).subarray(0, MOST);
  const length = IP_HEAD + UDP_HEAD + payload.length;
  const head = Buffer.alloc(16 + IP_HEAD + UDP_HEAD);
  head.writeUInt32LE(Math.floor(at / 1000), 0);
  head.writeUInt32LE(Math.round((at % 1000) * 1000), 4);
  head.writeUInt32LE(length, 8);
  head.writeUInt32LE(length, 12);
  const ip = head.subarray(16, 16 + IP_HEAD);
  ip[0] = 0x45;
  ip.writeUInt16BE(length, 2);
  ip[8] = 64;
  ip[9] = 17;
  addressOf(from).copy(ip, 12);
  addressOf(to).copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  const udp = head.subarray(16 + IP_HEAD);
  udp.writeUInt16BE(portOf(from), 0);
  udp.writeUInt16BE(portOf(to), 2);
  udp.writeUInt16BE(UDP_HEAD + payload.length, 4);
  return Buffer.concat([head, payload]);
}

/** RFC 791: the one's complement of the sum of all 16-bit words. */
function checksum(ip: Buffer): number {
  let sum = 0;
  for (let place = 0; place < IP_HEAD; place += 2) sum += ip.readUInt16BE(place);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
