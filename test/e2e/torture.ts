// SPDX-License-Identifier: Apache-2.0
// Messages that no SIP stack likes: by the kinds of RFC 4475 and of the field, and made worse by chance.
import { seeded } from '../unit/kube/fake-clock.ts';

const CRLF = '\r\n';
const SDP = ['v=0', 'o=a 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000'].join(CRLF) + CRLF;

interface Parts {
  start?: string;
  headers?: Readonly<Record<string, string | undefined>>;
  more?: readonly string[];
  body?: string;
}

/** A request as it should be, changed by what a test is about; a header that is undefined is left out. */
function message(host: string, { start = `INVITE sip:+447700900123@${host} SIP/2.0`, headers = {}, more = [], body = SDP }: Parts = {}): string {
  const all = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtorture;rport',
    'Max-Forwards': '70',
    From: '<sip:+442079460101@192.0.2.1>;tag=a',
    To: `<sip:+447700900123@${host}>`,
    'Call-ID': 'torture@192.0.2.1',
    CSeq: '1 INVITE',
    Contact: '<sip:desk@192.0.2.1>',
    'Content-Type': 'application/sdp',
    'Content-Length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [start, ...lines, ...more, '', body].join(CRLF);
}

/** One message of each kind. */
export function torture(host: string): string[] {
  const of = (parts: Parts): string => message(host, parts);
  const inCall = { To: `<sip:+447700900123@${host}>;tag=b`, Route: `<sip:${host}:5060;lr=on;ftag=a>` };
  return [
    of({ headers: { From: '"A \\"quoted\\r\\n  name" <sip:a@b>;tag = a\r\n ;x = y', Via: 'SIP  / 2.0\r\n /UDP\r\n 192.0.2.1;branch=z9hG4bKx' } }),
    of({ start: `!interesting-Method0123456789_*+\`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@${host} SIP/2.0` }),
    of({ start: `INVITE sip:null-%00-null@${host} SIP/2.0`, headers: { To: '<sip:%00@x>' } }),
    of({ headers: { To: `"${'I have a user name of extreme '.repeat(200)}" <sip:x@${host}>`, 'Unknown-Header': 'v'.repeat(20_000) } }),
    `${of({})}${of({ headers: { 'Call-ID': 'second' } })}`,
    of({ start: `OPTIONS sip:user;par=u%40example.net@${host} SIP/2.0`, headers: { CSeq: '1 OPTIONS' } }),
    ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Contact'].map((name) => of({ headers: { [name]: undefined } })),
    ...['-999', '99999999999999999999', '4294967297', 'many', ''].map((length) => of({ headers: { 'Content-Length': length } })),
    ...['36893488147419103232 INVITE', '1 BYE', 'INVITE', '-1 INVITE', '1'].map((sequence) => of({ headers: { CSeq: sequence } })),
    ...['"Mr. Unterminated <sip:a@b>;tag=x', '<sip:a@b', 'sip:', '<<sip:a@b>>;tag=x', '<sip:a@b>;tag=', ';;;', ', , ,'].map((value) => of({ headers: { From: value, To: value } })),
    ...['INVITE sip:a@b SIP/7.0', 'INVITE  sip:a@b  SIP/2.0', 'INVITE <sip:a@b> SIP/2.0', 'INVITE sip:a@b; lr SIP/2.0', 'INVITE', ' INVITE sip:a SIP/2.0', 'INVITE http://a/b SIP/2.0', 'INVITE soap.beep://192.0.2.103:3002 SIP/2.0'].map((start) => of({ start })),
    of({ more: ['To: <sip:other@x>', 'From: <sip:other@x>;tag=2', 'CSeq: 5 INVITE', 'Call-ID: other', 'Max-Forwards: 5', 'Content-Length: 3'] }),
    of({ more: Array.from({ length: 300 }, (_, i) => `Via: SIP/2.0/UDP 192.0.2.${i % 256};branch=z9hG4bK${i}`) }),
    of({ more: Array.from({ length: 300 }, (_, i) => `Route: <sip:192.0.2.${i % 256};lr>`), headers: inCall }),
    of({ headers: { 'Max-Forwards': '300' } }),
    of({ headers: { 'Max-Forwards': '-1' } }),
    of({ headers: { 'Proxy-Authorization': 'Digest', Authorization: 'Digest username=, realm="', 'Proxy-Authenticate': 'Digest nonce' } }),
    of({ headers: { 'P-Asserted-Identity': '<sip:%s%n%x@', 'Content-Type': 'multipart/mixed;boundary=' } }),
    ...['v=0', 'm=audio', `v=0${CRLF}m=audio 99999999 RTP/AVP ${'8 '.repeat(500)}`, `${CRLF}${CRLF}`, '\0\0\0', SDP.replace('t=0 0', ''), SDP.replace('4000', '-1')].map((body) => of({ body })),
    ...['BYE', 'ACK', 'CANCEL', 'UPDATE', 'INFO', 'REFER', 'PRACK', 'SUBSCRIBE', 'MESSAGE', 'REGISTER'].map((method) =>
      of({ start: `${method} sip:a@${host} SIP/2.0`, headers: { CSeq: `2 ${method}`, ...inCall } }),
    ),
    of({ start: `INVITE sip:a@${host} SIP/2.0`, headers: { ...inCall, Route: '<sip:nowhere.invalid;lr;ftag=%s;ic=999999999999999999999;co=1;vsf=!!!!>' } }),
    // Addresses that a proxy would have masked, but without what is masked.
    ...['tlm', 'x=">";tlm', 'tlm;lr', 'lr', 'TLM=', 'tlm=s', 'tlm=sr-', ';tlm', 'tlm=sr-%%%'].map((masked) =>
      of({ start: 'SIP/2.0 200 OK', headers: inCall, more: ['Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKsecond', `Record-Route: <sip:hidden.sip.example.com;${masked}>`] }),
    ),
    of({ start: 'BYE sip:hidden.sip.example.com;tlm SIP/2.0', headers: { CSeq: '2 BYE', ...inCall }, more: ['Route: <sip:hidden.sip.example.com;tlm>'] }),
    ...['SIP/2.0 4294967301 better not break', 'SIP/2.0 200 OK', 'SIP/2.0 100', 'SIP/2.0 -1 x', 'SIP/2.0 999 \0', 'SIP/2.0'].map((start) => of({ start })),
    '',
    CRLF.repeat(50),
    '\0'.repeat(1000),
    'A'.repeat(60_000),
    'GET / HTTP/1.1\r\n\r\n',
  ];
}

const MORSELS = ['\0', '%', '%00', '%s%n', '"', '<', '>', ';', ',', '@', ':', '\r\n', '\r\n\r\n', '\r\n ', '-1', '4294967296', ';lr', ';tlm', 'hidden.sip.example.com', ';tag=', 'sip:', 'SIP/2.0', '\u00ff', 'z9hG4bK', 'a'.repeat(300)];

/** Messages that are none any more, the same for the same seed. */
export function* fuzz(host: string, count: number, seed: number): Generator<Buffer> {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const stock = torture(host).filter((text) => text.length < 3000);
  for (let i = 0; i < count; i += 1) {
    let text = stock[below(stock.length)] ?? '';
    for (let changes = below(4); changes >= 0; changes -= 1) {
      const at = below(text.length + 1);
      const to = Math.min(text.length, at + below(20));
      const piece = text.slice(at, to);
      text = text.slice(0, at) + ([MORSELS[below(MORSELS.length)] ?? '', piece + piece, '', String.fromCharCode(below(256))][below(4)] ?? '') + text.slice(to);
    }
    // Each as if it were of a call of its own, so that it is not taken for one that came again.
    yield Buffer.from(text.replaceAll('torture', `f${i}`), 'latin1');
  }
}
