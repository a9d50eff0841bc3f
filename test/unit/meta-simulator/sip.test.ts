// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentials, digestResponse, parseChallenge } from '../../meta/sip/digest.ts';
import { checkInDialog, checkVias, establish } from '../../meta/sip/dialog.ts';
import {
  cseq, header, listHeader, parameter, respond, serialise, type SipMessage, type SipRequest,
} from '../../meta/sip/message.ts';
import { parseMessage, SipParseError, StreamParser } from '../../meta/sip/parse.ts';
import { buildInvite, metaContact, metaRoutes } from '../../meta/sip/requests.ts';
import { parseUri, tlsTarget, uriOf } from '../../meta/sip/uri.ts';

const via = { localAddress: '198.18.0.1', localPort: 47_237 };
const invite = buildInvite({
  businessNumber: '+15550001111', hostname: 'sip-a.example.net', userParameters: {}, from: '+15550002222',
  userId: 'GB.1', wacid: 'wacid.A', fromTag: 'tag', cseq: 9989, extraHeaders: [], sdp: 'v=0\r\n',
}, via);

function text(lines: readonly string[], body = ''): string {
  return [...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

const ok = [
  'SIP/2.0 200 OK', 'Via: SIP/2.0/TLS a;branch=z9hG4bK1', 'From: <sip:a@b>;tag=1', 'To: <sip:c@d>;tag=2',
  'Call-ID: x', 'CSeq: 7 INVITE',
];

describe('the parser', () => {
  test('gives back what was serialised, body included, in whatever pieces it comes', () => {
    const stream = Buffer.concat([
      serialise(invite),
      Buffer.from('\r\n\r\n'),
      Buffer.from(text(ok, 'v=0\r\n')),
      serialise({ ...invite, body: Buffer.from([0, 13, 10, 255]) }),
    ]);
    fc.assert(fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const parser = new StreamParser();
      const messages = edges.slice(1).flatMap((end, index) => parser.push(stream.subarray(edges[index], end)));
      expect(messages.map((message) => message.kind)).toEqual(['request', 'response', 'request']);
      expect(messages[0]).toMatchObject({ method: 'INVITE', uri: invite.uri, body: Buffer.from('v=0\r\n') });
      expect(messages[2]?.body).toEqual(Buffer.from([0, 13, 10, 255]));
      expect(listHeader(messages[0] ?? invite, 'Via')).toEqual(listHeader(invite, 'Via'));
    }));
  });

  test('reads compact names, folded lines and comma lists', () => {
    const message = parseMessage(Buffer.from([
      'SIP/2.0 200 OK', 'v: SIP/2.0/TLS a;branch=1, SIP/2.0/TLS b;branch=2', 'f: "A, B" <sip:a@b>;tag=1',
      't: <sip:c@d>;tag=2', 'i: x', 'CSeq: 7  INVITE', 'm: <sip:e@f;a=1,2>,', '  <sip:g@h>', 'l: 0', '', '',
    ].join('\r\n')));
    expect(listHeader(message, 'Via')).toEqual(['SIP/2.0/TLS a;branch=1', 'SIP/2.0/TLS b;branch=2']);
    expect(listHeader(message, 'Contact')).toEqual(['<sip:e@f;a=1,2>', '<sip:g@h>']);
    expect(header(message, 'from')).toBe('"A, B" <sip:a@b>;tag=1');
    expect(cseq(message)).toEqual({ number: 7, method: 'INVITE' });
  });

  test.each([
    ['HTTP', ['GET / HTTP/1.1', ...ok.slice(1)], /neither a SIP request line/],
    ['a line that is no header', [...ok, 'what is this'], /not a header line/],
    ['no Via', ok.filter((line) => !line.startsWith('Via')), /no Via/],
    ['two Call-IDs', [...ok, 'Call-ID: y'], /2 Call-ID headers/],
    ['a CSeq without method', [...ok.slice(0, 5), 'CSeq: 7'], /CSeq/],
    ['a CSeq of another method', ['BYE sip:a@b SIP/2.0', ...ok.slice(1)], /CSeq names INVITE in a BYE/],
  ])('refuses %s', (_, lines, message) => {
    expect(() => new StreamParser().push(Buffer.from(text(lines)))).toThrow(message);
  });

  test('refuses a message without Content-Length, one that is no number, and one too large', () => {
    const push = (line: string[]) => () => new StreamParser().push(Buffer.from([...ok, ...line, '', ''].join('\r\n')));
    expect(push([])).toThrow(/no Content-Length/);
    expect(push(['Content-Length: -1'])).toThrow(/not a number/);
    expect(push(['Content-Length: 99999999'])).toThrow(/above/);
    expect(() => new StreamParser().push(Buffer.alloc(70_000, 65))).toThrow(SipParseError);
  });
});

describe('digest', () => {
  const input = {
    username: '15550001111', password: 'example-password', method: 'INVITE',
    uri: 'sip:+15550002222@wa.meta.vc;transport=tls', cnonce: '0a4f113b', nc: '00000001',
  };
  const challenge = (algorithm: string) => parseChallenge(
    `Digest realm="wa.meta.vc",nonce="0123456789abcdef",opaque="0f",algorithm=${algorithm},qop="auth"`,
  );

  test.each([
    ['MD5', '8f8ba44c1bf9b0d4940a76eaf6cedfdc'],
    ['SHA-256', 'de9d0cb6adc804510a98d5eb7749913bf467defc721550de582c043b3fd81432'],
  ])('gives the known response with %s', (algorithm, response) => {
    const parsed = challenge(algorithm);
    expect(parsed && digestResponse(parsed, input)).toBe(response);
  });

  test('gives the response of RFC 2617 §3.5, with qop and without', () => {
    const rfc = {
      username: 'Mufasa', password: 'Circle Of Life', method: 'GET', uri: '/dir/index.html',
      cnonce: '0a4f113b', nc: '00000001',
    };
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    const realm = 'Digest realm="testrealm@host.com"';
    const modern = parseChallenge(`${realm}, qop="auth,auth-int", nonce="${nonce}", opaque="5ccc"`);
    expect(modern && digestResponse(modern, rfc)).toBe('6629fae49393a05397450978507c4ef1');
    const old = parseChallenge(`${realm}, nonce="${nonce}"`);
    expect(old && digestResponse(old, rfc)).toBe('670fd8c2df070c60b045671b8b24ff02');
    expect(old && credentials(old, rfc)).not.toMatch(/qop|nc=|opaque/);
  });

  test('reads challenges in any spelling and refuses what is not Digest', () => {
    expect(parseChallenge('digest Realm = "a, \\"b\\"" , NONCE=n,qop="auth-int, AUTH"')).toEqual({
      realm: 'a, \\"b\\"', nonce: 'n', opaque: undefined, algorithm: 'MD5', qop: ['auth-int', 'auth'],
    });
    expect(parseChallenge('Basic realm="a"')).toBeUndefined();
    expect(parseChallenge('Digest nonce="n"')).toBeUndefined();
  });
});

describe('URIs', () => {
  test.each([
    [
      'sip:+1;tgrp=a;trunk-context=b@host.example:5070;transport=tls;lr',
      { user: '+1;tgrp=a;trunk-context=b', host: 'host.example', port: 5070 },
    ],
    ['sip:[2001:db8::1]:5061', { user: '', host: '2001:db8::1', port: 5061 }],
    ['sips:a@b', { scheme: 'sips', user: 'a', host: 'b', port: undefined }],
  ])('%s', (uri, parts) => {
    expect(parseUri(uri)).toMatchObject(parts);
  });

  test.each(['', 'tel:+1', 'sip:', 'sip:a b@c', 'sip:a@b:port', '<sip:a@b>'])('not "%s"', (uri) => {
    expect(parseUri(uri)).toBeUndefined();
  });

  test('are taken out of name-addr values and told apart by transport', () => {
    expect(uriOf('"<x>" <sip:a@b;p=1>;tag=2')).toBe('sip:a@b;p=1');
    expect(uriOf('sip:a@b;tag=2')).toBe('sip:a@b');
    expect(tlsTarget('sip:gw.example;transport=TLS')).toEqual({ host: 'gw.example', port: 5061 });
    expect(tlsTarget('sip:gw.example:5060')).toBeUndefined();
    expect(parameter('<sip:a@b;tag=inside>;tag=outside', 'tag')).toBe('outside');
  });
});

describe('the dialog of an answer', () => {
  const own = ['<sip:inner.example;lr>', '<sip:gw.example;transport=tls;lr>'];
  const answer = (routes: readonly string[], contact = '<sip:pbx@10.0.0.1>') => {
    const response = respond(invite, { code: 200, reason: 'OK' }, 'remote');
    const others = response.headers.filter((entry) => entry.name !== 'Record-Route');
    const recorded = routes.map((value) => ({ name: 'Record-Route', value }));
    return { ...response, headers: [...others, ...recorded, { name: 'Contact', value: contact }] };
  };

  test('leaves the gateway in Route, nearest first, and Meta out of it', () => {
    expect(establish(invite, answer([...own, ...metaRoutes]))).toMatchObject({
      callId: 'outgoing:wacid.A', localTag: 'tag', remoteTag: 'remote', remoteTarget: 'sip:pbx@10.0.0.1',
      routes: ['<sip:gw.example;transport=tls;lr>', '<sip:inner.example;lr>'],
    });
  });

  test.each([
    ['lost routes', own, 'record_route_changed'],
    ['swapped routes', [...own, ...metaRoutes.toReversed()], 'record_route_changed'],
    ['routes in front', [...metaRoutes, ...own], 'record_route_changed'],
    ['a rewritten route', [...own, ...metaRoutes.map((route) => route.replace('lr', 'lr=on'))], 'record_route_changed'],
    ['a strict router', ['<sip:gw.example;transport=tls>', ...metaRoutes], 'bad_route'],
  ])('does not come about with %s', (_, routes, code) => {
    expect(establish(invite, answer(routes))).toMatchObject({ code });
  });

  test('does not come about without one usable Contact', () => {
    expect(establish(invite, answer(metaRoutes, '<tel:+1>'))).toMatchObject({ code: 'bad_contact' });
    expect(establish(invite, answer(metaRoutes, '<sip:a@b>, <sip:c@d>'))).toMatchObject({ code: 'bad_contact' });
  });

  test('is answered with the Vias as sent', () => {
    const response = answer(metaRoutes);
    expect(checkVias(invite, response)).toBeUndefined();
    const short = { ...response, headers: response.headers.slice(1) };
    expect(checkVias(invite, short)).toMatchObject({ code: 'via_changed' });
  });
});

test('a request inside the dialog needs Meta’s route set and Meta’s Contact', () => {
  const contact = metaContact('+15550002222');
  const bye = (uri: string, routes: readonly string[]): SipRequest => {
    const lines = [`BYE ${uri} SIP/2.0`, ...ok.slice(1, 5), 'CSeq: 1 BYE', ...routes.map((route) => `Route: ${route}`)];
    const message: SipMessage = parseMessage(Buffer.from(text(lines)));
    if (message.kind !== 'request') throw new Error('not a request');
    return message;
  };
  expect(checkInDialog(bye(contact, metaRoutes), contact)).toBeUndefined();
  expect(checkInDialog(bye(contact, [metaRoutes.join(', ')]), contact)).toBeUndefined();
  expect(checkInDialog(bye('sip:+15550002222@WA.meta.vc;transport=TLS', metaRoutes), contact)).toBeUndefined();
  expect(checkInDialog(bye(contact, metaRoutes.toReversed()), contact)).toMatchObject({ code: 'route_set_lost' });
  expect(checkInDialog(bye('sip:x@wa.meta.vc', metaRoutes), contact)).toMatchObject({ code: 'request_uri_wrong' });
});
