// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcementProblem } from '../../../operator/meta/announcement.ts';
import { opusFile } from '../meta-simulator/opus-file.ts';

describe('an announcement', () => {
  it.each([0, 1, 30, 59.9, 59.999])('of %f s is taken', (seconds) => {
    expect(announcementProblem(opusFile(seconds))).toBeUndefined();
  });

  it.each([
    [60, 'it is 60 s long, and Meta takes less than 60 s'],
    [61.2, 'it is 61 s long, and Meta takes less than 60 s'],
    [3600, 'it is 3600 s long, and Meta takes less than 60 s'],
  ])('of %f s is too long', (seconds, problem) => {
    expect(announcementProblem(opusFile(seconds))).toBe(problem);
  });

  const file = opusFile(5);
  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'it is no Ogg file'],
    ['an MP3 file', Buffer.from('ID3\u0004 and so on'), 'it is no Ogg file'],
    ['a WAV file', Buffer.from('RIFF....WAVEfmt '), 'it is no Ogg file'],
    [
      'Ogg with Vorbis',
      Buffer.concat([file.subarray(0, 28), Buffer.from('\u0001vorbis'.padEnd(300, ' '))]),
      'its Ogg stream is not Opus',
    ],
    ['cut off in its last page', Buffer.concat([file, Buffer.from('OggS\0')]), 'its last page is cut off'],
  ])('is none when it is %s', (_, bytes, problem) => {
    expect(announcementProblem(bytes)).toBe(problem);
  });

  it('is read where it lies in a greater buffer', () => {
    const around = Buffer.concat([Buffer.alloc(100, 1), file, opusFile(70)]);
    expect(announcementProblem(around.subarray(100, 100 + file.length))).toBeUndefined();
  });

  it('of any bytes is judged and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(file.length), (bytes, cut) => {
        const texts = [bytes, Buffer.concat([file.subarray(0, cut), bytes])].map((each) => announcementProblem(each));
        expect(texts.every((text) => text === undefined || text.length > 10)).toBe(true);
      }),
    );
  });
});
