// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BencodeError, decode, encode, type Bencode } from '../../../media/rtpengine/bencode.ts';

const text = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const { value } = fc.letrec<{ value: Bencode }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('bencode', () => {
  it('is written as rtpengine’s documents show it', () => {
    expect(encode({ command: 'list', limit: 500 })).toBe('d7:command4:list5:limiti500ee');
    expect(encode(['a', -1, {}])).toBe('l1:ai-1edee');
  });

  it('reads back whatever was written, every byte of it', () => {
    fc.assert(
      fc.property(value, (written) => {
        expect(decode(encode(written))).toEqual(written);
      }),
    );
  });

  it('is refused wherever it is cut off, and where something follows', () => {
    fc.assert(
      fc.property(value, fc.nat(), (written, at) => {
        const whole = encode(written);
        expect(() => decode(whole.slice(0, at % whole.length))).toThrow(BencodeError);
        expect(() => decode(`${whole}x`)).toThrow(BencodeError);
      }),
    );
  });

  it.each(['', 'x', 'ie', 'i1', '5:abc', 'di1e1:ae', 'd1:ae', 'l'])('does not take %j for a value', (broken) => {
    expect(() => decode(broken)).toThrow(BencodeError);
  });
});
