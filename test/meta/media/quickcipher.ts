// SPDX-License-Identifier: Apache-2.0
// The library makes a cipher and a hash anew for every packet, which costs several times the work itself: with that, one
// process carries some 50 calls. Here one cipher lives as long as its key, and hashes are single calls.
import { createCipheriv, hash, timingSafeEqual } from 'node:crypto';
import { SrtpAuthenticationError, type SrtpSession } from 'werift';

/** One direction of a session of the library: derives keys and counts roll-overs. */
export type Direction = SrtpSession['localContext'];

const BLOCK = 16;
const HASH_BLOCK = 64;
const TAG = 10;

/** Of a packet, all that its key stream depends on (RFC 3711 §4.1.1). */
export interface PacketIndex {
  ssrc: number;
  rollover: number;
  sequence: number;
}

/** Gives the key stream of AES in counter mode for a packet, in whole blocks (RFC 3711 §4.1.1). */
export function keyStream(key: Buffer, salt: Buffer): (index: PacketIndex, length: number) => Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return ({ ssrc, rollover, sequence }, length) => {
    const counters = Buffer.alloc(Math.ceil(length / BLOCK) * BLOCK);
    const first = Buffer.alloc(BLOCK);
    salt.copy(first);
    first.writeUInt32BE((first.readUInt32BE(4) ^ ssrc) >>> 0, 4);
    first.writeUInt32BE((first.readUInt32BE(8) ^ rollover) >>> 0, 8);
    first.writeUInt16BE(first.readUInt16BE(12) ^ sequence, 12);
    for (let at = 0; at < counters.length; at += BLOCK) {
      first.copy(counters, at);
      counters.writeUInt16BE(at / BLOCK, at + 14);
    }
    return cipher.update(counters);
  };
}

/** HMAC-SHA1 with one key (RFC 2104). */
function hmac(key: Buffer): (data: Buffer) => Buffer {
  const padded = Buffer.concat([key], HASH_BLOCK);
  const pad = (byte: number): Buffer => xor(padded, Buffer.alloc(HASH_BLOCK, byte));
  const [inner, outer] = [pad(0x36), pad(0x5c)];
  return (data) => hash('sha1', Buffer.concat([outer, hash('sha1', Buffer.concat([inner, data]), 'buffer')]), 'buffer');
}

/** Lets a direction of a session protect or open RTP in less time. Its RTCP stays as it is. */
export function quicken(direction: Direction): void {
  const stream = keyStream(direction.srtpSessionKey, direction.srtpSessionSalt);
  const authenticate = hmac(direction.srtpSessionAuthTag);

  const tag = (protectedPart: Buffer, rollover: number): Buffer => {
    const end = Buffer.alloc(4);
    end.writeUInt32BE(rollover);
    return authenticate(Buffer.concat([protectedPart, end])).subarray(0, TAG);
  };

  Object.assign(direction.cipher, {
    encryptRtp: (header, payload, rollover) => {
      const head = header.serialize(header.serializeSize);
      const keys = stream({ ssrc: header.ssrc, rollover, sequence: header.sequenceNumber }, payload.length);
      const packet = Buffer.concat([head, xor(payload, keys)]);
      return Buffer.concat([packet, tag(packet, rollover)]);
    },
    decryptRtp: (bytes, rollover, header) => {
      if (!header) throw new TypeError('the library reads the header');
      const packet = bytes.subarray(0, -TAG);
      if (!timingSafeEqual(bytes.subarray(-TAG), tag(packet, rollover))) throw new SrtpAuthenticationError('SRTP packet does not authenticate');
      const payload = packet.subarray(header.payloadOffset);
      const keys = stream({ ssrc: header.ssrc, rollover, sequence: header.sequenceNumber }, payload.length);
      return [Buffer.concat([packet.subarray(0, header.payloadOffset), xor(payload, keys)]), header];
    },
  } satisfies Partial<Direction['cipher']>);
}

/** Buffer.map would take as long as all the rest. */
function xor(data: Buffer, keys: Buffer): Buffer {
  const result = Buffer.allocUnsafe(data.length);
  for (let i = 0; i < data.length; i += 1) result[i] = (data[i] ?? 0) ^ (keys[i] ?? 0);
  return result;
}
