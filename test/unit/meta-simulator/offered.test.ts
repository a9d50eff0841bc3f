// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CodecName } from '../../meta/media/codecs.ts';
import { buildAnswer, parseOffer } from '../../meta/media/offered.ts';
import { SdpError } from '../../meta/media/sdperror.ts';

const key = randomBytes(30);
const lines = [
  'v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 30000 RTP/SAVP 9 107 0 8 101',
  `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${randomBytes(30).toString('base64')}`,
  `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${key.toString('base64')}|2^31`,
  'a=rtpmap:107 opus/48000/2', 'a=rtpmap:101 telephone-event/8000', 'a=rtcp:30005', 'a=ssrc:7 cname:a', 'a=ssrc:7 msid:b',
];
const offer = (change: (line: string) => string = (line) => line) => lines.map(change).join('\r\n');
const read = (sdp: string, additional: readonly CodecName[] = []) => parseOffer(sdp, { additional, keyExchange: 'SDES' });
const local = { address: '198.18.0.1', port: 3480, key: randomBytes(30), ssrc: 9, sessionId: 1 };

describe('an offer of the business', () => {
  test('is read with its own payload types and the key of Meta’s suite', () => {
    expect(read(offer())).toEqual({
      address: '192.0.2.1', port: 30_000, rtcpPort: 30_005, muxed: false, direction: 'sendrecv',
      payloadTypes: [9, 107, 0, 8, 101], key, cryptoTag: '2', codecs: ['opus'], telephoneEvent: true,
      numbers: { opus: 107, PCMA: 8, PCMU: 0, telephoneEvent: 101 }, mid: 'audio', bundled: false,
      transportCc: false,
    });
  });

  test('may lack Opus where the number has more codecs, and has it taken where it does not', () => {
    const without = offer((line) => line.replace(' 107 ', ' '));
    expect(read(without, ['PCMA']).codecs).toEqual(['PCMA']);
    expect(read(offer(), ['PCMA', 'PCMU']).codecs).toEqual(['opus']);
    expect(() => read(without)).toThrow('hold no opus/48000/2');
    expect(() => read(without.replace(' 0 8 ', ' '), ['PCMA'])).toThrow('hold no opus/48000/2 nor PCMA');
  });

  test('without key presses gets them as Meta’s 126', () => {
    const offered = read(offer((line) => line.replace('event/8000', 'event/48000')));
    expect(offered).toMatchObject({ telephoneEvent: false, numbers: { telephoneEvent: 126 } });
    expect(buildAnswer(offered, local)).toMatch(/^m=audio 3480 RTP\/SAVP 107\r$/m);
  });

  test.each([
    ['a plain offer', /RTP\/SAVP/, 'RTP/AVP', /RTP\/SAVP is wanted/],
    ['DTLS', /RTP\/SAVP/, 'UDP/TLS/RTP/SAVPF', /key exchange is SDES/],
    ['no stream', /m=audio 30000/, 'm=audio 0', /port 0/],
    ['another suite only', /^a=crypto:2.*/, 'a=x', /no a=crypto line offers AES_CM_128_HMAC_SHA1_80/],
    ['a short key', /^(a=crypto:2.*)inline:\S+/, '$1inline:AAAA', /3 bytes/],
    ['an MKI', /\|2\^31/, '|2^31|1:4', /MKI/],
    ['mono Opus', /opus\/48000\/2/, 'opus/48000', /hold no opus/],
    ['a second stream', /^a=rtcp:.*/, 'm=video 1 RTP/SAVP 96', /there are 2/],
    ['a second track', /ssrc:7 msid/, 'ssrc:8 msid', /one track is wanted, and there are 2/],
  ])('is refused with %s', (_, pattern, replacement, message) => {
    const parse = () => read(offer((line) => line.replace(pattern, replacement)));
    expect(parse).toThrow(SdpError);
    expect(parse).toThrow(message);
  });
});

describe('Meta’s answer', () => {
  test('keeps what was offered and has a key of its own', () => {
    const answer = buildAnswer(read(offer()), local).split('\r\n');
    expect(answer).toEqual(expect.arrayContaining([
      'm=audio 3480 RTP/SAVP 107 101', 'a=rtcp:3481', 'a=mid:audio', 'a=sendrecv', 'a=rtpmap:107 opus/48000/2',
      'a=rtpmap:101 telephone-event/8000', `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${local.key.toString('base64')}`,
    ]));
    expect(answer.filter((line) => /rtcp-mux|group|rtpmap:(0|8|9) /.test(line))).toEqual([]);
  });

  test('takes up multiplexing, bundle and direction', () => {
    const more = offer((line) => line.replace('t=0 0', 't=0 0\r\na=group:BUNDLE zero').replace(/^a=rtcp:.*/, 'a=rtcp-mux'));
    const offered = read(`${more}\r\na=mid:zero\r\na=sendonly`);
    expect(offered.rtcpPort).toBe(30_000);
    expect(buildAnswer(offered, local).split('\r\n')).toEqual(expect.arrayContaining([
      'a=group:BUNDLE zero', 'a=mid:zero', 'a=rtcp-mux', 'a=recvonly', 'a=rtcp:9 IN IP4 0.0.0.0',
    ]));
  });
});
