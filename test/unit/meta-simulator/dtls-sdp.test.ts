// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { buildAnswer, parseOffer } from '../../meta/media/offered.ts';
import { buildOffer, parseAnswer } from '../../meta/media/sdp.ts';
import { SdpError } from '../../meta/media/sdperror.ts';
import { dtlsLines, fingerprint } from './dtls-lines.ts';

const local = {
  address: '198.18.0.1', port: 3480, ssrc: 9, sessionId: 1,
  dtls: { ufrag: 'abcdefghijklmnop', password: 'abcdefghijklmnopqrstuvwx', fingerprint },
};
const number = { additional: [], keyExchange: 'DTLS' } as const;
const offered = { codecs: ['opus'], keyExchange: 'DTLS' } as const;

type Change = (line: string) => string;
const business = (types: string, setup: string, change: Change = (line) => line) =>
  dtlsLines(types, setup).map(change).join('\r\n');
const answer = (change?: Change) => business('111 126', 'active', change);
const offer = (change?: Change) => business('107 101', 'actpass', change);

/** What neither an answer nor an offer may be. */
const broken: readonly (readonly [name: string, pattern: RegExp, replacement: string, message: RegExp])[] = [
  ['no fingerprint', /^a=fingerprint.*/, 'a=x', /^no fingerprint found$/],
  ['another hash', /sha-256/, 'sha-384', /^Fingerprint algo is not SHA256$/],
  ['another hash beside it', /^a=x$/, `a=fingerprint:sha-1 ${fingerprint.slice(0, 59)}`, /algo is not SHA256/],
  ['no ICE', /^a=ice-ufrag.*/, 'a=x', /no a=ice-ufrag/],
  ['no ICE password', /^a=ice-pwd.*/, 'a=x', /no a=ice-pwd/],
  ['a lite agent', /^a=x$/, 'a=ice-lite', /must be a full ICE agent/],
  ['a port for RTCP', /^a=rtcp-mux/, 'a=x', /a=rtcp-mux is missing/],
  ['no role', /^a=setup.*/, 'a=x', /a=setup is missing/],
  ['a held role', /^a=setup.*/, 'a=setup:holdconn', /a=setup is holdconn/],
  ['no stream', /m=audio 30000/, 'm=audio 0', /port 0/],
];

describe('Meta’s offer with DTLS', () => {
  test('has ICE-lite, one host candidate, a fingerprint and no key', () => {
    const lines = buildOffer({ ...local, codecs: ['opus'] }).split('\r\n');
    expect(lines.indexOf('a=ice-lite')).toBeLessThan(lines.indexOf('m=audio 3480 UDP/TLS/RTP/SAVPF 111 126'));
    expect(lines).toEqual(expect.arrayContaining([
      'a=ice-lite', 'a=ice-ufrag:abcdefghijklmnop', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
      `a=fingerprint:sha-256 ${fingerprint}`, 'a=setup:actpass', 'a=rtcp-mux', 'a=rtcp-fb:111 transport-cc',
    ]));
    expect(lines.filter((line) => line.startsWith('a=candidate'))).toEqual([expect.stringMatching(
      /^a=candidate:\d+ 1 udp \d+ 198\.18\.0\.1 3480 typ host generation 0 network-cost 50$/,
    )]);
    expect(lines.filter((line) => line.startsWith('a=crypto'))).toEqual([]);
  });
});

describe('an answer with DTLS', () => {
  test('is read with its fingerprint, and with who begins', () => {
    expect(parseAnswer(answer(), offered)).toMatchObject({
      port: 30_000, rtcpPort: 30_000, codecs: ['opus'], dtls: { fingerprints: [fingerprint], client: 'business' },
    });
    const passive = answer((line) => line.replace('active', 'passive'));
    expect(parseAnswer(passive, offered)).toMatchObject({ dtls: { client: 'nobody' } });
  });

  test('goes by the stream where the session says otherwise', () => {
    const session = `a=setup:passive\r\na=fingerprint:sha-256 ${fingerprint.replace(/^../, '99')}\r\nm=`;
    const read = parseAnswer(answer((line) => line.replace(/^m=/, session)), offered);
    expect(read).toMatchObject({ dtls: { fingerprints: [fingerprint], client: 'business' } });
  });

  test.each([
    ...broken,
    ['SDES', /UDP\/TLS\/RTP\/SAVPF/, 'RTP/SAVP', /UDP\/TLS\/RTP\/SAVPF was offered and RTP\/SAVP answered/] as const,
    ['no role chosen', /active/, 'actpass', /actpass is for offers/] as const,
  ])('is refused with %s', (_, pattern, replacement, message) => {
    const parse = () => parseAnswer(answer((line) => line.replace(pattern, replacement)), offered);
    expect(parse).toThrow(SdpError);
    expect(parse).toThrow(message);
  });
});

describe('an offer with DTLS', () => {
  test.each([['actpass', 'active', 'meta'], ['passive', 'active', 'meta'], ['active', 'passive', 'business']])(
    'of %s is answered %s',
    (setup, ours, client) => {
      const read = parseOffer(business('107 101', setup), number);
      expect(read).toMatchObject({ codecs: ['opus'], dtls: { fingerprints: [fingerprint], client } });
      const lines = buildAnswer(read, local).split('\r\n');
      expect(lines).toEqual(expect.arrayContaining([
        'a=ice-lite', 'm=audio 3480 UDP/TLS/RTP/SAVPF 107 101', `a=setup:${ours}`, 'a=rtcp-mux', `a=fingerprint:sha-256 ${fingerprint}`,
      ]));
      expect(lines.filter((line) => /^a=(crypto|rtcp-fb)/.test(line))).toEqual([]);
    },
  );

  test('may ask for reports packet by packet', () => {
    const read = parseOffer(offer((line) => line.replace(/^a=x$/, 'a=rtcp-fb:107 transport-cc')), number);
    expect(buildAnswer(read, local)).toContain('\r\na=rtcp-fb:107 transport-cc\r\n');
  });

  test.each([
    ...broken,
    ['RTP/SAVP', /UDP\/TLS\/RTP\/SAVPF/, 'RTP/SAVP', /UDP\/TLS\/RTP\/SAVPF is wanted and RTP\/SAVP offered/] as const,
  ])('is refused with %s', (_, pattern, replacement, message) => {
    const parse = () => parseOffer(offer((line) => line.replace(pattern, replacement)), number);
    expect(parse).toThrow(SdpError);
    expect(parse).toThrow(message);
  });
});
