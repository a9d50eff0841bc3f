// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toGraphError } from '../../../operator/meta/errors.ts';

const body = (code: number, extra: object = {}): string =>
  JSON.stringify({ error: { message: `(#${code}) words of Meta`, type: 'OAuthException', code, fbtrace_id: 'x', ...extra } });

describe('toGraphError', () => {
  it.each([
    ['an expired token', 401, body(190), 'token'],
    ['a missing scope', 403, body(10), 'permission'],
    ['a missing permission', 403, body(200), 'permission'],
    ['an unknown number', 400, body(100, { error_subcode: 33 }), 'unknown'],
    ['an invalid field', 400, body(100), 'refused'],
    ['a limit that keeps calling off', 400, body(138015), 'refused'],
    ['a rate limit', 400, body(4), 'unavailable'],
    ['a rate limit of the account', 400, body(80007), 'unavailable'],
    ['a server error with a body', 500, body(2), 'unavailable'],
    ['an error that Meta calls transient', 400, body(999, { is_transient: true }), 'unavailable'],
    ['a server error without a body', 502, '<html>Bad gateway</html>', 'unavailable'],
    ['nothing readable', 400, '', 'unavailable'],
  ])('judges %s', (_, status, text, kind) => {
    expect(toGraphError(status, text).kind).toBe(kind);
  });

  it('gives Meta’s own words, details included', () => {
    const error = toGraphError(400, body(100, { error_data: { details: 'hostname is not valid' } }));
    expect(error.message).toBe('(#100) words of Meta: hostname is not valid');
    expect(error.code).toBe(100);
  });

  it('keeps how long Meta asked us to stay away', () => {
    expect(toGraphError(429, body(4), '120').retryAfterMs).toBe(120_000);
    expect(toGraphError(429, body(4)).retryAfterMs).toBeUndefined();
  });
});
