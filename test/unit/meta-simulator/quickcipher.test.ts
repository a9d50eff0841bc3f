// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { ProtectionProfileAes128CmHmacSha1_80, RtpHeader, SrtpAuthenticationError, SrtpSession } from 'werift';
import { describe, expect, it } from 'vitest';
import { type Direction, keyStream, quicken } from '../../meta/media/quickcipher.ts';

function library(key: Uint8Array, salt: Uint8Array): Direction {
  const [masterKey, masterSalt] = [Buffer.from(key), Buffer.from(salt)];
  const keys = { localMasterKey: masterKey, localMasterSalt: masterSalt, remoteMasterKey: masterKey, remoteMasterSalt: masterSalt };
  return new SrtpSession({ profile: ProtectionProfileAes128CmHmacSha1_80, keys }).localContext;
}

function quick(key: Uint8Array, salt: Uint8Array): Direction {
  const direction = library(key, salt);
  quicken(direction);
  return direction;
}

const packetOf = ({ ssrc, payload }: { ssrc: number; payload: Uint8Array }, sequenceNumber: number): [Buffer, RtpHeader] => [
  Buffer.from(payload),
  new RtpHeader({ ssrc, sequenceNumber, timestamp: 1, payloadType: 111, payloadOffset: 12 }),
];

const given = fc.record({
  key: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  salt: fc.uint8Array({ minLength: 14, maxLength: 14 }),
  ssrc: fc.nat(0xffff_ffff),
  payload: fc.uint8Array({ minLength: 1, maxLength: 200 }),
});

/** Before a roll-over of the sequence number, and after it. */
const SEQUENCES = [65_534, 65_535, 0, 1];

describe('the quick cipher', () => {
  it('gives the key stream of RFC 3711, appendix B.2', () => {
    const stream = keyStream(Buffer.from('2B7E151628AED2A6ABF7158809CF4F3C', 'hex'), Buffer.from('F0F1F2F3F4F5F6F7F8F9FAFBFCFD', 'hex'));
    const keys = stream({ ssrc: 0, rollover: 0, sequence: 0 }, 48).toString('hex').toUpperCase();
    expect(keys).toBe('E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0');
  });

  it('writes packets as the library does, also after a roll-over', () => {
    fc.assert(
      fc.property(given, ({ key, salt, ...packet }) => {
        const [ours, theirs] = [quick(key, salt), library(key, salt)];
        for (const sequence of SEQUENCES) expect(ours.encryptRtp(...packetOf(packet, sequence))).toEqual(theirs.encryptRtp(...packetOf(packet, sequence)));
      }),
    );
  });

  it('opens packets of the library, and none in which a bit is another', () => {
    fc.assert(
      fc.property(given, fc.nat(), ({ key, salt, ...packet }, bit) => {
        const [ours, theirs] = [quick(key, salt), library(key, salt)];
        for (const sequence of SEQUENCES) {
          const bytes = theirs.encryptRtp(...packetOf(packet, sequence));
          const wrong = Buffer.from(bytes);
          const at = bit % (bytes.length * 8);
          wrong[at >> 3] = (wrong[at >> 3] ?? 0) ^ (1 << (at & 7));
          expect(() => ours.decryptRtp(wrong)).toThrow(SrtpAuthenticationError);
          expect(ours.decryptRtp(bytes)[0].subarray(12)).toEqual(Buffer.from(packet.payload));
        }
      }),
    );
  });
});
