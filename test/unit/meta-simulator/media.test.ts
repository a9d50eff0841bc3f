// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CodecName, codecs, decodedRate, decodeFrames, sine, toneFrames } from '../../meta/media/codecs.ts';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../../meta/media/g711.ts';
import { extend, Reception } from '../../meta/media/measure.ts';
import { Pacer } from '../../meta/media/pacer.ts';
import { reportMedia } from '../../meta/media/report.ts';
import { metaNumbers, type RemoteMedia } from '../../meta/media/description.ts';
import { buildOffer, parseAnswer } from '../../meta/media/sdp.ts';
import { SdpError } from '../../meta/media/sdperror.ts';
import { SrtpPair } from '../../meta/media/srtp.ts';
import { MediaStream } from '../../meta/media/stream.ts';
import { blockShare, shareBySecond } from '../../meta/media/tone.ts';
import { Journal } from '../../meta/sip/journal.ts';

const key = randomBytes(30);
const place = { address: '198.19.255.2', port: 3480, key, ssrc: 5, sessionId: 1 };
const offer = buildOffer({ ...place, codecs: ['opus', 'PCMA', 'PCMU'] });

const offered = { codecs: ['opus', 'PCMA'], keyExchange: 'SDES' } as const;
const answerLines = [
  'v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 30000 RTP/SAVP 8 111 126',
  `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.toString('base64')}`, 'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:126 telephone-event/8000', 'a=rtcp:30001',
];
const answer = (change: (line: string) => string = (line) => line) => answerLines.map(change).join('\r\n');

describe('SDP', () => {
  test('offers SDES with Opus first, the added codecs next and DTMF last', () => {
    expect(offer).toContain('m=audio 3480 RTP/SAVP 111 8 0 126\r\n');
    expect(offer).toContain(`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.toString('base64')}\r\n`);
    expect(/inline:(\S+)/.exec(offer)?.[1]).toHaveLength(40);
    expect(offer.match(/^a=crypto/gm)).toHaveLength(1);
    expect(buildOffer({ ...place, codecs: ['opus'] })).toContain(' 111 126\r\n');
  });

  test('reads an answer with and without multiplexed RTCP', () => {
    expect(parseAnswer(answer(), offered)).toEqual({
      address: '192.0.2.1', port: 30_000, rtcpPort: 30_001, codecs: ['PCMA', 'opus'], payloadTypes: [8, 111, 126],
      telephoneEvent: true, numbers: metaNumbers, key, direction: 'sendrecv',
    });
    const muxed = parseAnswer(answer((line) => (line.startsWith('a=rtcp:') ? 'a=rtcp-mux' : line)), offered);
    expect(muxed.rtcpPort).toBe(30_000);
  });

  test.each([
    ['a plain answer', /RTP\/SAVP/, 'RTP/AVP', /RTP\/SAVP was offered/],
    ['a refused stream', /m=audio 30000/, 'm=audio 0', /port 0/],
    ['another suite', /SHA1_80/, 'SHA1_32', /tag 1 AES_CM_128_HMAC_SHA1_32/],
    ['another crypto tag', /crypto:1/, 'crypto:2', /tag 2/],
    ['a short key', /inline:\S+/, 'inline:AAAA', /3 bytes/],
    ['no key', /^a=crypto.*/, 'a=x', /one a=crypto line/],
    ['a codec that was not offered', /8 111 126/, '0 111 126', /payload type 0 was not offered/],
    ['no codec of the offer', /8 111 126/, '126', /no codec/],
    ['a name instead of an address', /^c=.*/, 'c=IN IP4 media.example', /no address/],
    ['a second stream', /^a=rtcp:.*/, 'm=video 1 RTP/SAVP 96', /one m= line/],
  ])('refuses %s', (_, pattern, replacement, message) => {
    const parse = () => parseAnswer(answer((line) => line.replace(pattern, replacement)), offered);
    expect(parse).toThrow(SdpError);
    expect(parse).toThrow(message);
  });
});

describe('tones', () => {
  test.each(['opus', 'PCMA', 'PCMU'] as const)('survive %s', (name: CodecName) => {
    const frames = toneFrames(name, 440);
    const shares = shareBySecond(decodeFrames(name, [...frames, ...frames]), 440, decodedRate(name));
    expect(shares).toHaveLength(2);
    expect(Math.min(...shares)).toBeGreaterThan(0.95);
    expect(Math.max(...shareBySecond(decodeFrames(name, frames), 1000, decodedRate(name)))).toBeLessThan(0.02);
  });

  test('share a sound by energy, and silence has none', () => {
    const other = sine(1000, 8000);
    const mixed = sine(440, 8000).map((sample, index) => (sample >> 1) + ((other[index] ?? 0) >> 1));
    expect(blockShare(mixed, 440, 8000)).toBeCloseTo(0.5, 2);
    expect(blockShare(sine(440, 8000), 440, 8000)).toBeCloseTo(1, 3);
    expect(blockShare(new Int16Array(800), 440, 8000)).toBe(0);
  });

  test('lose only the spoiled blocks to a lost packet', () => {
    const frames: (Buffer | undefined)[] = [...toneFrames('PCMA', 440)];
    frames[20] = undefined;
    expect(shareBySecond(decodeFrames('PCMA', frames), 440, 8000)[0]).toBeGreaterThan(0.95);
    expect(shareBySecond(decodeFrames('PCMA', frames), 440, 8000)[0]).toBeLessThan(0.999);
  });

  test('G.711 is within its quantisation of every sample, by the values of ITU-T G.711', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    for (const [encode, decode] of [[encodePcma, decodePcma], [encodePcmu, decodePcmu]] as const) {
      const back = decode(encode(samples));
      const errors = samples.map((sample, index) =>
        (1000 * Math.abs(sample - (back[index] ?? 0))) / (Math.abs(sample) + 256));
      expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(40);
    }
    expect([...encodePcma(Int16Array.of(0, -1, 32_767, -32_768))]).toEqual([0xd5, 0x55, 0xaa, 0x2a]);
    expect([...encodePcmu(Int16Array.of(0, 32_767, -32_768))]).toEqual([0xff, 0x80, 0x00]);
    expect([...decodePcma(Buffer.from([0xd5, 0xaa]))]).toEqual([8, 32_256]);
    expect([...decodePcmu(Buffer.from([0xff, 0x80]))]).toEqual([0, 32_124]);
  });
});

describe('reception', () => {
  const packet = (sequence: number, ssrc = 1, payloadType = 8) => ({
    ssrc,
    sequence: sequence & 0xffff,
    timestamp: 0,
    payloadType,
    payload: toneFrames('PCMA', 440)[sequence % 50] ?? Buffer.alloc(0),
  });

  test('counts loss, duplicates and disorder over the wrap of sequence numbers', () => {
    const reception = new Reception();
    const order = [65_533, 65_534, 65_536, 65_535, 65_535, 65_539, 65_540];
    order.forEach((sequence, index) => reception.rtp(packet(sequence), 'a:1', index * 20));
    expect(reception.counters()).toMatchObject({ received: 6, duplicated: 1 });
    expect(reception.lost(0, Infinity)).toBe(2);
    expect(reception.payloadTypes).toEqual({ 8: 6 });
  });

  test('expects one packet every 20 ms from the first one on', () => {
    const reception = new Reception();
    expect(reception.expected(0, 1000)).toBe(0);
    reception.rtp(packet(1), 'a:1', 500);
    expect(reception.expected(0, 1500)).toBe(50);
    expect(reception.expected(1000, 1500)).toBe(25);
  });

  test('hears each window for itself, and each SSRC', () => {
    const reception = new Reception();
    for (let index = 0; index < 100; index += 1) reception.rtp(packet(index), 'a:1', index * 20);
    for (let index = 0; index < 50; index += 1) {
      const other = { ...packet(index, 2), payload: toneFrames('PCMA', 1000)[index % 50] ?? Buffer.alloc(0) };
      reception.rtp(other, 'a:1', 2000 + index * 20);
    }
    expect(reception.toneShares(440, 0, Infinity).map(Math.round)).toEqual([1, 1, 0]);
    expect(reception.toneShares(1000, 2000, Infinity).map(Math.round)).toEqual([1]);
    expect(reception.ssrcs).toEqual([1, 2]);
    expect(reception.lost(0, Infinity)).toBe(0);
  });

  test.each([[65_535, 3, 65_539], [65_538, 65_535, 65_535], [10, 12, 12]])(
    'extends next to %i: %i is %i',
    (highest, sequence, extended) => {
      expect(extend(sequence, highest)).toBe(extended);
    },
  );
});

describe('SRTP', () => {
  test('opens what was protected with the other key, and nothing else', () => {
    const [first, second] = [randomBytes(30), randomBytes(30)];
    const meta = new SrtpPair(first, second);
    const business = new SrtpPair(second, first);
    const head = { ssrc: 9, sequence: 65_535, timestamp: 7, payloadType: 111, marker: true };
    const bytes = meta.protect(head, Buffer.from('voice'));
    const { marker: _, ...rest } = head;
    expect(business.open(bytes)).toEqual({ ...rest, payload: Buffer.from('voice') });
    expect(bytes.includes('voice')).toBe(false);
    expect(new SrtpPair(second, randomBytes(30)).open(bytes)).toBeUndefined();
    expect(business.open(Buffer.from('80000000000000000000000041', 'hex'))).toBeUndefined();
    const received = { ssrc: 1, highestSequence: 70_000, lost: 3 };
    const report = meta.protectReport({ ssrc: 9, nowMs: 0, rtpTimestamp: 1, packets: 1, octets: 5, received });
    expect(business.opensReport(report)).toBe(true);
    expect(new SrtpPair(second, randomBytes(30)).opensReport(report)).toBe(false);
  });
});

describe('two media ends', () => {
  const open: MediaStream[] = [];
  afterEach(() => { for (const stream of open.splice(0)) stream.close(); });

  async function end(tone: number, waitForBusiness: boolean): Promise<MediaStream> {
    const pacer = new Pacer();
    const stream = await MediaStream.open({
      address: '127.0.0.1', pacer, tone, waitForBusiness, reportIntervalMs: 200, keyExchange: 'SDES', journal: new Journal(),
    });
    open.push(stream);
    return stream;
  }

  const to = (stream: MediaStream, change: Partial<RemoteMedia> = {}): RemoteMedia => ({
    address: '127.0.0.1',
    port: stream.port,
    rtcpPort: stream.port,
    codecs: ['opus'],
    payloadTypes: [codecs.opus.payloadType],
    telephoneEvent: false,
    numbers: metaNumbers,
    key: stream.key,
    direction: 'sendrecv',
    ...change,
  });

  test('hear each other’s tone and reports; the one that waits is second', async () => {
    const [user, business] = [await end(440, true), await end(1000, false)];
    // Media that is ahead of the answer is kept until the key is known.
    business.start(to(user));
    await vi.waitFor(() => { expect(business.counters().sent).toBeGreaterThan(10); });
    const startedAtMs = performance.now();
    user.start(to(business, { rtcpPort: business.port + 1 }));
    expect(reportMedia(user, startedAtMs).firstPacketMs).toBeLessThan(0);
    await vi.waitFor(() => { expect(reportMedia(user, 0).received).toBeGreaterThan(70); }, 5000);
    const heard = reportMedia(user, 0);
    expect(heard).toMatchObject({ undecryptable: 0, rtcpUndecryptable: 0, lost: 0, firstFrom: 'business' });
    expect(heard.payloadTypes).toEqual({ 111: heard.received });
    expect(heard.rtcpReceived).toBeGreaterThan(0);
    expect(heard.toneShare(1000)).toBeGreaterThan(0.95);
    await vi.waitFor(() => { expect(reportMedia(business, 0).received).toBeGreaterThan(60); }, 5000);
    expect(reportMedia(business, 0).toneShare(440)).toBeGreaterThan(0.95);
    expect(reportMedia(business, 0).rtcpReceived).toBeGreaterThan(0);
  });

  test('count what the agreed key does not open', async () => {
    const [user, business] = [await end(440, true), await end(1000, false)];
    user.start(to(business, { key: randomBytes(30) }));
    business.start(to(user));
    await vi.waitFor(() => { expect(reportMedia(user, 0).undecryptable).toBeGreaterThan(20); });
    expect(reportMedia(user, 0)).toMatchObject({ received: 0, sent: 0, firstFrom: undefined });
    expect(reportMedia(user, 0).toneShare(1000)).toBe(0);
  });
});
