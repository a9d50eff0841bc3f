// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHep, writeHep, type Packet } from '../../../media/agent/trace/hep.ts';
import { redact } from '../../../media/agent/trace/redact.ts';
import { TraceRing } from '../../../media/agent/trace/ring.ts';
import { glimpse } from '../../../media/agent/trace/sip.ts';

const chunk = (type: number, value: Buffer, vendor = 0): Buffer => {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(vendor, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(6 + value.length, 4);
  return Buffer.concat([head, value]);
};
const int = (value: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

/** A HEP3 packet as Kamailio sends it. */
function hep(text: string, more: Buffer[] = []): Buffer {
  const chunks = [
    chunk(1, int(2, 1)),
    chunk(2, int(17, 1)),
    chunk(3, Buffer.from([10, 0, 0, 1])),
    chunk(4, Buffer.from([192, 0, 2, 9])),
    chunk(7, int(5060, 2)),
    chunk(8, int(40_000, 2)),
    chunk(9, int(1_800_000_000, 4)),
    chunk(10, int(250_000, 4)),
    chunk(11, int(1, 1)),
    chunk(12, int(1, 4)),
    ...more,
    chunk(15, Buffer.from(text)),
  ];
  const body = Buffer.concat(chunks);
  return Buffer.concat([Buffer.from('HEP3'), int(6 + body.length, 2), body]);
}

describe('a mirrored message', () => {
  it('is read with its time and both ends', () => {
    expect(readHep(hep('INVITE sip:a SIP/2.0\r\n', [chunk(77, Buffer.from('x'), 9)]))).toEqual({
      at: 1_800_000_000_250,
      from: '10.0.0.1:5060',
      to: '192.0.2.9:40000',
      text: 'INVITE sip:a SIP/2.0\r\n',
    });
  });

  it('that is a line of a log is a note on its call', () => {
    const note = hep('mos=4.3', [chunk(11, int(100, 1)), chunk(17, Buffer.from('outgoing:wacid.x'))]);
    expect(readHep(note)).toEqual({ at: 1_800_000_000_250, callId: 'outgoing:wacid.x', note: 'mos=4.3' });
  });

  it('can be written too, with the call that it is about', () => {
    const packet = { at: 1_800_000_000_250, from: '10.0.0.1:5060', to: '192.0.2.9:40000', text: 'INVITE sip:a SIP/2.0\r\n' };
    const bytes = writeHep(packet, 'outgoing:wacid.x', 7);
    expect(readHep(bytes)).toEqual(packet);
    expect(bytes.includes(Buffer.concat([Buffer.from([0, 0, 0, 17, 0, 6 + 16]), Buffer.from('outgoing:wacid.x')]))).toBe(true);
    expect(bytes.includes(Buffer.from([0, 0, 0, 12, 0, 10, 0, 0, 0, 7]))).toBe(true);
  });

  it('that is broken anywhere, or is something else, is none', () => {
    const whole = hep('x');
    expect(readHep(Buffer.from('GET / HTTP/1.1'))).toBeUndefined();
    for (let length = 0; length < whole.length; length += 1) expect(readHep(whole.subarray(0, length))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const body = Buffer.from(bytes);
      expect(() => readHep(Buffer.concat([Buffer.from('HEP3'), int(6 + body.length, 2), body]))).not.toThrow();
    }));
  });
});

const invite = (callId: string, more = ''): string =>
  [
    'INVITE sip:+15550001111@sip.example.com;transport=tls SIP/2.0',
    'Via: SIP/2.0/TLS 192.0.2.9:40000;branch=z9hG4bK123456789',
    'From: "4915550007777" <sip:+4915550007777@wa.meta.vc>;tag=998877665544',
    'To: <sip:+15550001111@sip.example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 7 INVITE',
    'x-wa-meta-user-name: Ann',
    'X-WA-From: +4915550007777',
    'P-Asserted-Identity: <tel:+4915550007777>',
    'Contact: <sip:GB.13491208655302741918@wa.meta.vc>',
    'Proxy-Authorization: Digest username="15550001111", realm="sip.example.com", nonce="n", response="secret"',
    'Content-Type: application/sdp',
    '',
    `v=0\r\no=- 123456789 1 IN IP4 192.0.2.9\r\nm=audio 5000 RTP/SAVP 111\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEYKEYKEY\r\na=ice-pwd:secret\r\n${more}`,
  ].join('\r\n');

describe('what is kept of a message', () => {
  const isOwn = (digits: string): boolean => digits === '15550001111';
  const kept = redact(invite('a'), isOwn);

  it('has no user’s number, id or name, and the company’s own number', () => {
    expect(kept).not.toMatch(/15550007777|3491208655302741|Ann/);
    expect(kept).toContain('From: <sip:+491••••••••77@wa.meta.vc>;tag=998877665544');
    expect(kept).toContain('sip:+15550001111@sip.example.com');
  });

  it('has users’ numbers and names where they are asked for, and no keys and credentials even then', () => {
    const shown = redact(invite('a'), isOwn, { shows: true });
    expect(shown).toContain('From: "4915550007777" <sip:+4915550007777@wa.meta.vc>;tag=998877665544');
    expect(shown).toContain('x-wa-meta-user-name: Ann');
    expect(shown).not.toMatch(/KEYKEYKEY|secret/);
  });

  it('has no keys and no credentials', () => {
    expect(kept).not.toMatch(/KEYKEYKEY|secret/);
    expect(kept).toContain('Proxy-Authorization: Digest username="15550001111", (left out)');
  });

  it('hides nothing less where it is written in another way', () => {
    const message = (...lines: string[]): string => [`INVITE sip:+44-7700-900123@sip.example.com SIP/2.0`, ...lines, 'Call-ID: x', 'CSeq: 1 INVITE', '', ''].join('\r\n');
    const odd = [
      message('To: Jane Doe <sip:%2B447700900123@wa.meta.vc>'),
      message('From: "Jane \\"JD\\" Doe" <sip:+44%20(7700)900.123;tgrp=a@wa.meta.vc>;tag=1'),
      message('f : +447700900123 <sip:00447700900123@wa.meta.vc>'),
      message('P-Asserted-Identity: "Jane" <tel:+44-7700-900123>, <sip:+447700900123@a>'),
      message('Proxy-Authorization : Digest username="u",', ' response="secret"'),
      message('X-WA-From: +447700900123').replaceAll('\r\n', '\n'),
    ];
    for (const text of odd) expect(redact(text, isOwn)).not.toMatch(/Jane|Doe|7700.?9|secret/);
  });

  it('leaves alone what names nobody', () => {
    const text = 'BYE sip:desk@10.0.0.9:5060 SIP/2.0\r\nTo: <sip:desk@10.0.0.9>;tag=123456789\r\nRoute: <sip:10.0.0.1:5060;lr;ftag=123456789>\r\n\r\n';
    expect(redact(text, isOwn)).toBe(text);
  });

  it('is looked at in a time that a sender cannot stretch', () => {
    const padded = invite('a').replace('Call-ID: a', `Call-ID: a${' '.repeat(60_000)}b`);
    const started = performance.now();
    glimpse(padded);
    redact(padded, isOwn);
    redact(`INVITE sip:${'"'.repeat(60_000)}`, isOwn);
    redact(invite('a').replace('P-Asserted-Identity: <tel', `P-Asserted-Identity: ${'a '.repeat(30_000)}sip:<tel`), isOwn);
    // A guard against minutes, not a measure.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('goes on to say what it is about', () => {
    expect(glimpse(kept)).toEqual({ callId: 'a', method: 'INVITE', status: undefined });
    expect(kept).toContain('o=- 123456789 1 IN IP4 192.0.2.9');
    expect(glimpse('SIP/2.0 200 OK\r\ni: b\r\nCSeq: 1 BYE\r\n\r\n')).toEqual({ callId: 'b', method: 'BYE', status: 200 });
    expect(['HTTP/1.1 200 OK\r\n\r\n', 'POST /RPC HTTP/1.1\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n', '\r\n\r\n'].map(glimpse)).toEqual([undefined, undefined, undefined]);
  });
});

describe('the ring of traces', () => {
  const packet = (text: string): Packet => ({ at: 0, from: 'a:1', to: 'b:2', text });

  it('keeps the calls that spoke last, whole, within its bytes', () => {
    const size = 2 * invite('c0').length;
    const ring = new TraceRing({ bytes: size * 4, messages: 100 });
    for (const id of ['c0', 'c1', 'c2', 'c0', 'c3', 'c4']) ring.add(packet(invite(id)));
    expect(ring.find('c').map(({ callId, messages }) => [callId, messages.length])).toEqual([['c4', 1], ['c3', 1], ['c0', 2]]);
  });

  it('lets go what a stranger sent once that is turned away', () => {
    const ring = new TraceRing({ bytes: 1e6, messages: 9 });
    ring.add(packet(invite('stranger')));
    ring.add(packet('SIP/2.0 403 Source Network Not Allowed\r\nCall-ID: stranger\r\nCSeq: 7 INVITE\r\n\r\n'));
    ring.add(packet('REGISTER sip:a SIP/2.0\r\nCall-ID: scan\r\nCSeq: 1 REGISTER\r\n\r\n'));
    expect(ring.find('')).toEqual([]);
  });

  it('keeps neither probes nor what is no SIP, and of one call only so much', () => {
    const ring = new TraceRing({ bytes: 1e6, messages: 2 });
    ring.add(packet('OPTIONS sip:a SIP/2.0\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\n\r\n'));
    ring.add(packet('{"jsonrpc":"2.0"}'));
    for (let i = 0; i < 5; i += 1) ring.add(packet(invite('long')));
    expect(ring.find('').map(({ callId, messages }) => [callId, messages.length])).toEqual([['long', 2]]);
  });
});
