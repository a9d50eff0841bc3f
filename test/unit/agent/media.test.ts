// SPDX-License-Identifier: Apache-2.0
// What the proxy makes of session descriptions: its Lua, run here as it is.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLabels } from '../../../media/agent/label.ts';
import { loadLua, type CallLua } from './lua.ts';

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua();
});

const lines = (...text: string[]): string => `${['v=0', 'o=desk 1 2 IN IP4 192.0.2.7', 's=-', 'c=IN IP4 192.0.2.7', 't=0 0', ...text].join('\r\n')}\r\n`;

const META = lines(
  'a=group:BUNDLE audio',
  'm=audio 3480 RTP/SAVP 111 8 126',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=mid:audio',
  'a=sendrecv',
  'a=msid:x WhatsAppTrack1',
  'a=rtcp-mux',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 useinbandfec=1',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:1 cname:x',
);

/** What labels say, one of each side. */
const ofLabels = (labels: readonly string[]) => readLabels(labels.map((label, side) => ({ tag: String(side), label })));

describe('a direction', () => {
  it.each(['sendrecv', 'sendonly', 'recvonly', 'inactive'])('%s is read, wherever it stands', (direction) => {
    expect(lua('sdp.direction', lines(`a=${direction}`, 'm=audio 4000 RTP/AVP 8'))).toBe(direction);
    expect(lua('sdp.direction', lines('m=audio 4000 RTP/AVP 8', `a=${direction}`))).toBe(direction);
  });

  it('is sendrecv where none is written, and silence where the address is nobody’s', () => {
    expect(lua('sdp.direction', lines('m=audio 4000 RTP/AVP 8'))).toBe('sendrecv');
    expect(lua('sdp.direction', lines('m=audio 4000 RTP/AVP 8', 'c=IN IP4 0.0.0.0'))).toBe('inactive');
  });

  it('is what the voice itself says, where the whole says something else', () => {
    expect(lua('sdp.direction', lines('a=sendonly', 'm=audio 4000 RTP/AVP 8', 'a=sendrecv'))).toBe('sendrecv');
    const elsewhere = lines('m=audio 4000 RTP/AVP 8', 'c=IN IP4 192.0.2.7').replace('c=IN IP4 192.0.2.7', 'c=IN IP4 0.0.0.0');
    expect(lua('sdp.direction', elsewhere)).toBe('sendrecv');
    expect(lua('sdp.direction', lines('m=audio 4000 RTP/AVP 8', 'c=IN IP6 ::'))).toBe('inactive');
  });

  it('takes the place of every other one, and nothing else is touched', () => {
    const changed = lua('sdp.with_direction', lines('a=inactive', 'm=audio 4000 RTP/AVP 8', 'a=sendonly', 'a=ptime:20'), 'recvonly');
    expect(changed).toBe(lines('m=audio 4000 RTP/AVP 8', 'a=ptime:20', 'a=recvonly'));
  });

  it('comes with an address where there was nobody’s', () => {
    const held = lines('m=audio 4000 RTP/AVP 8').replace('c=IN IP4 192.0.2.7', 'c=IN IP4 0.0.0.0');
    expect(lua('sdp.with_direction', held, 'sendonly', '192.0.2.9')).toContain('c=IN IP4 192.0.2.9\r\n');
  });
});

describe('encryption', () => {
  it.each([
    ['RTP/AVP', 'None'],
    ['RTP/SAVP', 'SDES'],
    ['RTP/SAVPF', 'SDES'],
    ['UDP/TLS/RTP/SAVPF', 'DTLS'],
    ['UDP/TLS/RTP/SAVP', 'DTLS'],
  ])('by %s is %s', (profile, expected) => {
    expect(lua('sdp.encryption', lines(`m=audio 4000 ${profile} 8`))).toBe(expected);
  });
});

describe('what came from both sides of a call', () => {
  const side = (packets: number, errors: number, label = '') => ({ label, medias: [{ streams: [{ stats: { packets, errors } }] }] });

  it('is told by the relay’s answer, Meta’s side by its label', () => {
    const answer = { tags: { a: side(10, 1, '15550001111;kind=in;sdp=v'), b: side(9, 0, '15550001111;kind=in') } };
    expect(lua('report.of', answer)).toEqual({ meta: { packets: 10, errors: 1 }, inside: { packets: 9, errors: 0 } });
  });

  it.each([{}, { tags: {} }, { tags: { a: side(1, 0), b: side(2, 0) } }, { tags: { a: side(1, 0, 'x;sdp=v') } }, { tags: { a: { label: 'x;sdp=v' }, b: { medias: [] } } }])('is nothing worth telling, or zeros, in %j', (answer) => {
    const told = lua('report.of', answer) ?? undefined;
    expect(told === undefined || JSON.stringify(told).includes('"packets":0')).toBe(true);
  });
});

describe('a delay', () => {
  it.each([[0, 1], [1, 1], [4, 3], [6, 5], [12, 10], [140, 150], [999, 1000], [1234, 1000], [1300, 1500], [119_000, 100_000], [9_999_999, 700_000]])('of %i ms counts as %i', (ms, expected) => {
    expect(Number(lua('delay.step', ms))).toBe(expected);
  });

  it('up to some minutes is counted at most a quarter off', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 700_000 }), (ms) => Math.abs(Number(lua('delay.step', ms)) - ms) <= ms / 4));
  });
});

describe('what Meta would answer', () => {
  it('leaves the DTLS handshake to us where it may choose', () => {
    const offer = (setup: string): string => lines('m=audio 3480 UDP/TLS/RTP/SAVPF 111', `a=setup:${setup}`, 'a=rtpmap:111 opus/48000/2');
    expect(lua('sdp.as_answer', offer('actpass'), '111', 'sendrecv')).toContain('\r\na=setup:passive\r\n');
    expect(lua('sdp.as_answer', offer('active'), '111', 'sendrecv')).toContain('\r\na=setup:active\r\n');
  });

  it('has the payload types that were agreed on, its own address and key, and the direction', () => {
    expect(lua('sdp.as_answer', META, '8 126', 'recvonly')).toBe(
      lines(
        'a=group:BUNDLE audio',
        'm=audio 3480 RTP/SAVP 8 126',
        'a=rtcp:9 IN IP4 0.0.0.0',
        'a=mid:audio',
        'a=rtcp-mux',
        'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:126 telephone-event/8000',
        'a=recvonly',
      ),
    );
  });

  it('goes on in the codec that was agreed on', () => {
    expect(lua('sdp.payload_types', META)).toBe('111 8 126');
    expect(['111 8', '8 111', '126 8'].map((types) => lua('sdp.voice_codec', META, types))).toEqual(['opus', 'PCMA', 'PCMA']);
    expect(lua('sdp.voice_codec', lines('m=audio 4000 RTP/AVP 0'), '0')).toBe('PCMU');
    expect(lua('sdp.voice_codec', META, '126') ?? undefined).toBeUndefined();
  });
});

describe('an offer of the inside', () => {
  const video = ['m=video 4002 RTP/AVP 96 97', 'a=rtpmap:96 VP8/90000'];

  it('is about voice where that comes first and is there', () => {
    const isVoice = (...text: string[]): unknown => lua('sdp.is_voice', lines(...text));
    expect(isVoice('m=audio 4000 RTP/AVP 8', ...video)).toBe(true);
    expect([isVoice('m=image 4000 udptl t38'), isVoice('m=audio 0 RTP/AVP 8'), isVoice('m=image 4000 udptl t38', 'm=audio 4000 RTP/AVP 8'), isVoice('m=audio 0 RTP/AVP 8', 'm=audio 4000 RTP/AVP 8'), isVoice()]).toEqual([false, false, false, false, false]);
  });

  it('says nothing of its voice by what it says of another stream', () => {
    const held = lines('m=audio 4000 RTP/AVP 8', 'a=sendonly', ...video, 'c=IN IP4 0.0.0.0', 'a=inactive');
    expect(lua('sdp.direction', held)).toBe('sendonly');
    expect(lua('sdp.with_direction', held, 'recvonly')).toBe(held.replace('a=sendonly', 'a=recvonly'));
    expect(lua('sdp.with_key_presses', held, lines('m=audio 1 RTP/AVP 8 9', 'a=rtpmap:9 telephone-event/8000'))).toContain('a=fmtp:9 0-15\r\nm=video');
  });

  it('has every stream behind the first refused', () => {
    expect(lua('sdp.refusals', lines('m=audio 4000 RTP/AVP 8'))).toBe('');
    expect(lua('sdp.refusals', lines('m=audio 4000 RTP/AVP 8', ...video, 'm=image 0 udptl t38'))).toBe('m=video 0 RTP/AVP 96 97\r\nc=IN IP4 0.0.0.0\r\nm=image 0 udptl t38\r\nc=IN IP4 0.0.0.0\r\n');
  });
});

describe('what a destination is offered', () => {
  it('has its codecs in its order, and key presses', () => {
    const restricted = lua('sdp.with_codecs', META, ['PCMA', 'Opus']);
    expect(restricted).toContain('m=audio 3480 RTP/SAVP 8 111 126\r\n');
    expect(lua('sdp.with_codecs', META, ['PCMA'])).toBe(META.replace('111 8 126', '8 126').replace(/a=(rtpmap|fmtp):111.*\r\n/g, ''));
  });

  it('is nothing where none of its codecs is there, or no audio', () => {
    expect([lua('sdp.with_codecs', META, ['PCMU']), lua('sdp.with_codecs', lines('m=video 1 RTP/AVP 96'), ['PCMA'])].map((each) => each ?? undefined)).toEqual([undefined, undefined]);
  });
});

describe('key presses', () => {
  const offer = lines('m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000');

  it('are put into an answer that has none, under the number of the offer', () => {
    expect(lua('sdp.with_key_presses', lines('m=audio 5000 RTP/SAVP 111', 'a=ptime:20'), offer)).toBe(
      lines('m=audio 5000 RTP/SAVP 111 101', 'a=ptime:20', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'),
    );
  });

  it('are left as they are where both have them, or the offer has none', () => {
    const answer = lines('m=audio 5000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000');
    expect(lua('sdp.with_key_presses', answer, offer)).toBe(answer);
    const without = lines('m=audio 5000 RTP/AVP 8');
    expect(lua('sdp.with_key_presses', without, without)).toBe(without);
  });
});

describe('what a call needs later', () => {
  it('reads back from its label as it was, whatever it holds, and is one word to the relay', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: fc.constantFrom('a', ';', '=', '%', ' ', '\r', '\n', '"', 'é') }), (types, text) => {
        const label = lua('state.to_label', { digits: '15550001111', types, sdp: text });
        expect(label).toMatch(/^15550001111;[\w%=;]*$/);
        expect(lua('state.values_of', label)).toMatchObject({ digits: '15550001111', types, sdp: text });
      }),
    );
  });

  it('is the same to the agent, which counts calls by it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('s', ':', ';', '=', '%', '.', '@', 'é') }), fc.boolean(), (to, isAnswered) => {
        const label = String(lua('state.to_label', { digits: '15550001111', to, ...(isAnswered ? { sdp: 'v=0' } : {}) }));
        expect(ofLabels([label])).toMatchObject({ digits: '15550001111', direction: 'Inbound', destination: to, isAnswered });
      }),
    );
    expect(ofLabels(['15550001111;to=sip%3Aa', '15550001111;sdp=v'])).toMatchObject({ digits: '15550001111', destination: undefined, isAnswered: true });
    expect(ofLabels([])).toBeUndefined();
    expect(ofLabels(['somebody else’s'])).toBeUndefined();
  });

  it('tells both ends, with lists as Lua writes empty ones, and nothing where it is not whole', () => {
    const end = { target: 'sip:a@b', routes: ['sip:r;lr'], own: '<sip:me>;tag=1', remote: '<sip:you>;tag=2', cseq: 3 };
    const labelled = (sides: unknown) => ofLabels([String(lua('state.to_label', { digits: '1', sdp: 'v', sides: JSON.stringify(sides) }))])?.sides;
    expect(labelled({ caller: end, callee: { ...end, routes: {} } })).toEqual({ caller: end, callee: { ...end, routes: [] } });
    expect(labelled({ caller: end })).toEqual({ caller: end });
    expect(labelled({ callee: end })).toBeUndefined();
    expect(ofLabels(['1;sdp=v;sides=%7B'])?.sides).toBeUndefined();
    expect(ofLabels(['1;sdp=v;until=100;by=10%2E0%2E0%2E1'])?.ending).toEqual({ at: 100, by: '10.0.0.1' });
  });

  it('is not read from a label that is not ours', () => {
    expect(lua('state.values_of', '15550001111') ?? undefined).toBeUndefined();
  });
});

describe('a certificate', () => {
  it.each<[string, string[], boolean]>([
    ['pbx.example.com', ['other.example.com', 'PBX.example.com'], true],
    ['PBX.example.com', ['*.example.com'], true],
    ['a.pbx.example.com', ['*.example.com'], false],
    ['example.com', ['*.example.com'], false],
    ['192.0.2.7', ['192.0.2.7'], true],
    ['pbx.example.com', ['pbx.example.com.evil.example', 'example.com', ''], false],
    ['pbx.example.com', [], false],
  ])('for %s among %j: %s', (wanted, names, expected) => {
    expect(lua('peer.is', wanted, names)).toBe(expected);
  });
});

describe('the next hop by TLS', () => {
  it.each([
    ['sip:desk@pbx.example.com:5071;transport=tcp;x=y', 'sip:pbx.example.com:5071;transport=tls'],
    ['sip:desk;a=b@192.0.2.7', 'sip:192.0.2.7;transport=tls'],
    ['sips:pbx.example.com?Subject=x', 'sip:pbx.example.com;transport=tls'],
    ['sip:192.0.2.7:5061;transport=tls;lr', 'sip:192.0.2.7:5061;transport=tls'],
  ])('of %s is %s', (uri, expected) => {
    expect(lua('peer.by_tls', uri)).toBe(expected);
  });
});
