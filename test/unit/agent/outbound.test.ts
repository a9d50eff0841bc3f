// SPDX-License-Identifier: Apache-2.0
// What the proxies work out of a call that the inside makes, in their own Lua.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { proofOf } from '../../../operator/routing/numbers.ts';
import { loadLua, type CallLua } from './lua.ts';

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua();
});

describe('whom a call is for', () => {
  it.each([
    ['+447700900123', '+447700900123'],
    ['447700900123', '+447700900123'],
    ['00447700900123', '+447700900123'],
    ['+44 (7700) 900-123', '+447700900123'],
    ['GB.13491208655302741918', 'GB.13491208655302741918'],
    ['07700900123', undefined],
    ['1001', undefined],
    ['+4477009001234567', undefined],
    ['reception', undefined],
    ['', undefined],
  ])('is told by %s: %s', (dialled, user) => {
    expect(lua('outbound.user', dialled) ?? undefined).toBe(user);
  });
});

describe('who may call', () => {
  it.each<[string, string[], boolean]>([
    ['10.1.2.3', ['10.1.0.0/16'], true],
    ['10.2.2.3', ['10.1.0.0/16'], false],
    ['10.2.2.3', ['10.1.0.0/16', '10.2.2.3/32'], true],
    ['10.2.2.4', ['10.2.2.3/32'], false],
    ['192.0.2.1', ['0.0.0.0/0'], true],
    ['192.0.2.1', ['192.0.2.77/24'], true],
    ['2001:db8::1', ['0.0.0.0/0'], false],
  ])('from %s with %j: %s', (address, networks, expected) => {
    expect(lua('outbound.is_in', address, networks)).toBe(expected);
  });

  it.each([['US', false], ['CA', false], ['EG', false], ['VN', false], ['NG', false], ['GB', true], ['TR', true]])('by a number of %s: %s', (country, expected) => {
    expect(lua('outbound.may_call', country)).toBe(expected);
  });
});

describe('digest users', () => {
  const routes = [{ networks: [] }, { networks: [], users: [{ name: 'desk', ha1: 'aa' }] }];

  it('are those that a route names', () => {
    expect(routes.map((route) => lua('outbound.ha1_of', route, 'desk') ?? undefined)).toEqual([undefined, 'aa']);
    expect(lua('outbound.ha1_of', routes[1], 'other') ?? undefined).toBeUndefined();
  });

  it('are asked for only where a route has some', () => {
    expect([lua('outbound.has_users', routes), lua('outbound.has_users', [routes[0]])]).toEqual([true, false]);
  });
});

describe('a request within a call', () => {
  const route = (params: string): string => `<sip:10.0.0.1:5063;transport=tls;r2=on;lr=on;ftag=caller${params}>, <sip:sip.example.com:5061;lr;ftag=caller${params}>`;

  it.each([
    ['', 'caller', true],
    ['', 'callee', false],
    [';ic=1;co=1', 'caller', false],
    [';ic=1;co=1', 'callee', true],
  ])('with%s in its Route and tag %s is Meta’s: %s', (params, tag, expected) => {
    expect(lua('outbound.is_from_meta', route(params), tag)).toBe(expected);
  });
});

describe('the answer to a challenge', () => {
  const challenge = (algorithm: string, nonce = '0123456789abcdef'): string =>
    `Digest realm="wa.meta.vc",nonce="${nonce}",opaque="fedcba9876543210",${algorithm ? `algorithm=${algorithm},` : ''}qop="auth"`;
  const request = { method: 'INVITE', uri: 'sip:+15550002222@wa.meta.vc;transport=tls', user: '15550001111', cnonce: '0a4f113b' };
  const proof = proofOf('15550001111', 'example-password');

  /** The credentials for the strongest of some challenges. */
  function answer(headers: readonly string[]): string | undefined {
    const chosen: unknown = lua('digest.strongest', headers);
    if (!chosen) return undefined;
    const plain = { ...Object(chosen) };
    const isSha = plain.algorithm === 'SHA-256';
    const hash = (text: string): string => createHash(isSha ? 'sha256' : 'md5').update(text).digest('hex');
    return String(lua('digest.credentials', plain, request, isSha ? proof.sha256 : proof.md5, hash));
  }

  const MD5 = 'response="8f8ba44c1bf9b0d4940a76eaf6cedfdc"';
  const SHA = 'response="de9d0cb6adc804510a98d5eb7749913bf467defc721550de582c043b3fd81432"';

  it.each([
    ['MD5 alone', [challenge('MD5')], MD5],
    ['no algorithm, which is MD5', [challenge('')], MD5],
    ['SHA-256 alone', [challenge('SHA-256')], SHA],
    ['both, in two headers', [challenge('SHA-256'), challenge('MD5', 'another')], SHA],
    ['both, the weaker first', [challenge('MD5', 'another'), challenge('SHA-256')], SHA],
    ['both, in one header', [`${challenge('MD5', 'another')}, ${challenge('SHA-256')}`], SHA],
    ['one that nobody here knows beside MD5', [challenge('SHA-512-256'), challenge('MD5')], MD5],
  ])('is right for %s', (_, headers, response) => {
    expect(answer(headers)).toContain(response);
  });

  it('carries what RFC 7616 asks for, and of the challenge what belongs to it', () => {
    expect(answer([challenge('SHA-256')])).toBe(
      `Digest username="15550001111", realm="wa.meta.vc", nonce="0123456789abcdef", uri="${request.uri}", algorithm=SHA-256, ` +
        `qop=auth, nc=00000001, cnonce="0a4f113b", opaque="fedcba9876543210", ${SHA}`,
    );
  });

  it('is none where nothing known is asked for', () => {
    expect(answer([challenge('SHA-512-256')])).toBeUndefined();
    expect(answer(['Basic realm="x"'])).toBeUndefined();
    expect(answer([])).toBeUndefined();
  });
});
