// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { asTable, hangUp, liveCalls, traceOf } from '../../../cli/calls.ts';
import { draw } from '../../../cli/ladder.ts';
import { toPcap } from '../../../cli/pcap.ts';
import type { Packet } from '../../../media/agent/trace/hep.ts';

const PROXY = '10.0.0.1';
const META = '192.0.2.9:40000';
const PBX = '10.0.0.9:5060';

const sip = (start: string, cseq: string, sdp = ''): string => `${start}\r\nCall-ID: outgoing:wacid.x\r\nCSeq: ${cseq}\r\n\r\n${sdp}`;
const OFFER = 'v=0\r\nm=audio 40000 RTP/SAVP 111 8 126\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:126 telephone-event/8000\r\n';
const said = (at: number, from: string, to: string, text: string): Packet => ({ at: 1_800_000_000_000 + at, from, to, text });

const inbound = [
  said(0, META, `${PROXY}:5061`, sip('INVITE sip:+1@a SIP/2.0', '1 INVITE', OFFER)),
  said(1, `${PROXY}:5061`, META, sip('SIP/2.0 407 Proxy Authentication Required', '1 INVITE')),
  said(40, META, `${PROXY}:5061`, sip('INVITE sip:+1@a SIP/2.0', '2 INVITE', OFFER)),
  said(45, `${PROXY}:5060`, PBX, sip('INVITE sip:+1@b SIP/2.0', '2 INVITE', 'v=0\r\nm=audio 1 RTP/AVP 8 0\r\na=sendonly\r\n')),
];
const ladder = (...more: Packet[]): string => draw([{ address: PROXY, messages: [...inbound, ...more], notes: [] }]);

describe('a ladder', () => {
  it('has WhatsApp, the proxy and the inside as columns, and an arrow for each message', () => {
    const lines = ladder().split('\n');
    expect(lines[3]).toMatch(/WhatsApp +proxy 10\.0\.0\.1 +10\.0\.0\.9:5060/);
    expect(lines[4]).toMatch(/^ +0\.000 +│─+ INVITE SRTP opus PCMA ─+▶│ +│$/);
    expect(lines[5]).toMatch(/0\.001 +│◀─* 407 Proxy Authentication R[^│]*│ +│$/);
    expect(lines[7]).toMatch(/0\.045 +│ +│─+ INVITE RTP PCMA PCMU sendonly ─*▶│$/);
    expect(new Set(lines.slice(4, 8).map((line) => line.lastIndexOf('│'))).size).toBe(1);
  });

  it('ends with the reason in the words of the docs where the proxy refuses', () => {
    const text = ladder(said(5045, `${PROXY}:5061`, META, sip('SIP/2.0 503 Destination Unreachable', '2 INVITE')));
    expect(text).toContain('503 Destination Unreachable: the proxy’s own answer, after 5.0 s');
    expect(text).toContain('why     the name does not resolve, TCP does not connect, or nothing came back within 5 s');
    expect(text).toContain('more    docs/operations.md#answer-meta-503-destination-unreachable');
  });

  it('tells whose answer it was where the destination refuses', () => {
    const busy = sip('SIP/2.0 486 Busy Here', '2 INVITE');
    expect(ladder(said(60, PBX, `${PROXY}:5060`, busy), said(61, `${PROXY}:5061`, META, busy))).toContain(`486 Busy Here: the answer of ${PBX}, after 0.1 s`);
  });

  it('tells how long it lasted and who ended it', () => {
    const ok = sip('SIP/2.0 200 OK', '2 INVITE');
    const text = ladder(said(2000, PBX, `${PROXY}:5060`, ok), said(2040, `${PROXY}:5061`, META, ok), said(9540, META, `${PROXY}:5061`, sip('BYE sip:x SIP/2.0', '3 BYE')));
    expect(text).toContain('answered after 2.0 s, ended by WhatsApp after 7.5 s');
    expect(ladder()).toContain('not answered yet, or given up');
  });

  it('tells what the audio was like, where the relay knows', () => {
    const note = (text: string) => draw([{ address: PROXY, messages: inbound, notes: [{ at: 0, callId: 'x', note: text }] }]);
    expect(note('{"meta":{"packets":300,"errors":0},"inside":{"packets":299,"errors":2}}')).toContain('audio   300 packets from WhatsApp; 299 packets from the inside, 2 of them unreadable');
    for (const odd of ['something else', '{}', 'null']) expect(note(odd)).not.toContain('audio ');
  });

  it('knows Meta’s end also where its answers come by a connection of ours, and puts what several proxies saw together', () => {
    const meta = '192.0.2.7:5061';
    const first = [said(0, PBX, `${PROXY}:5060`, sip('INVITE sip:+44@a SIP/2.0', '1 INVITE')), said(5, `${PROXY}:5061`, meta, sip('INVITE sip:+44@wa SIP/2.0', '1 INVITE'))];
    const declined = sip('SIP/2.0 403 No Approved Call Permission Found', '1 INVITE');
    const answers = [said(50, meta, `${PROXY}:5063`, declined), said(51, `${PROXY}:5060`, PBX, declined)];
    const text = draw([{ address: PROXY, messages: [...first, ...answers], notes: [] }, { address: '10.0.0.2', messages: [said(90, PBX, '10.0.0.2:5060', sip('ACK sip:+44@a SIP/2.0', '1 ACK'))], notes: [] }]);
    expect(text.split('\n')[3]).toMatch(/WhatsApp +proxy 10\.0\.0\.1 +proxy 10\.0\.0\.2 +10\.0\.0\.9:5060/);
    expect(text).toContain('403 No Approved Call Permission Found: the answer of WhatsApp');
    expect(text).toContain('cure    ask the user by message');
  });
});

describe('a capture', () => {
  it('has each message as one datagram with a right checksum', () => {
    const bytes = toPcap(inbound);
    expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect(bytes.readUInt32LE(20)).toBe(101);
    const [first] = inbound;
    const ip = bytes.subarray(40, 60);
    let sum = 0;
    for (let place = 0; place < 20; place += 2) sum += ip.readUInt16BE(place);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
    expect([...ip.subarray(12, 20)]).toEqual([192, 0, 2, 9, 10, 0, 0, 1]);
    expect([bytes.readUInt16BE(60), bytes.readUInt16BE(62)]).toEqual([40_000, 5061]);
    expect(bytes.subarray(68, 68 + Buffer.byteLength(first?.text ?? '')).toString()).toBe(first?.text);
    const lengths = inbound.reduce((total, { text }) => total + 16 + 28 + Buffer.byteLength(text), 24);
    expect(bytes).toHaveLength(lengths);
  });
});

describe('calls', () => {
  const call = { callId: 'outgoing:wacid.x', since: 1000, digits: '15550001111', direction: 'Inbound' as const, route: 'voice/sales', destination: 'sip:a', isAnswered: true, canEnd: true };
  const asking = (answers: unknown[]) => ({
    ask: async <T>(_: string, form: z.ZodType<T>) => answers.map((answer, i) => ({ gateway: 'default', pod: `p${i}`, answer: form.parse(answer) })),
  });

  it('are listed once, though every proxy tells all of them', async () => {
    const younger = { ...call, callId: 'b', since: 2000, direction: 'Outbound', destination: undefined, isAnswered: false };
    const live = await liveCalls(asking([{ calls: [younger, call] }, { calls: [call] }]));
    expect(asTable(live, 4725).split('\n')).toEqual([
      'CALL              NUMBER        DIRECTION  ROUTE        TO        STATE    FOR',
      'outgoing:wacid.x  +15550001111  Inbound    voice/sales  sip:a     up       1h2m',
      'b                 +15550001111  Outbound   voice/sales  WhatsApp  ringing  45m25s',
    ]);
    expect(asTable([], 0)).toBe('no calls');
  });

  it('are ended by one proxy, where there is one that can be', async () => {
    const posted: string[] = [];
    const ending = (live: object[], ended = true) => ({
      ...asking([{ calls: live }, { calls: live }]),
      tell: async <T>(pod: string, path: string, form: z.ZodType<T>) => {
        posted.push(`${pod} ${path}`);
        return form.parse({ ended });
      },
    });
    expect(await hangUp(ending([call]), 'wacid.x')).toBe(call.callId);
    expect(posted).toEqual(['p1 /hangup?call=outgoing%3Awacid.x']);
    await expect(hangUp(ending([call]), 'y')).rejects.toThrow('no live call has "y" in its id');
    await expect(hangUp(ending([call, { ...call, callId: 'ax' }]), 'x')).rejects.toThrow('2 live calls have "x" in their id');
    await expect(hangUp(ending([{ ...call, isAnswered: false }]), 'x')).rejects.toThrow('is ringing');
    await expect(hangUp(ending([{ ...call, canEnd: false }]), 'x')).rejects.toThrow('earlier version');
    await expect(hangUp(ending([call], false), 'x')).rejects.toThrow('has just ended by itself');
  });

  it('are found by a part of their id, and by nothing less', async () => {
    const told = (...ids: string[]) => ({ address: PROXY, calls: ids.map((callId) => ({ callId, messages: inbound })) });
    expect(await traceOf(asking([told('wacid.x'), told()]), 'x')).toEqual([{ address: PROXY, messages: inbound, notes: [] }]);
    await expect(traceOf(asking([told(), told()]), 'x')).rejects.toThrow('no proxy remembers a call whose id has "x" in it');
    await expect(traceOf(asking([told('ax', 'bx'), told('ax')]), 'x')).rejects.toThrow('2 calls have "x" in their id; name one: ax bx');
  });
});
