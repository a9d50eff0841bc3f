// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import * as errors from '../../../operator/kube/errors.ts';

const { KubeError, errorOf, retryAfterMs } = errors;

const predicates = {
  notFound: errors.isNotFound,
  conflict: errors.isConflict,
  alreadyExists: errors.isAlreadyExists,
  gone: errors.isGone,
  forbidden: errors.isForbidden,
  invalid: errors.isInvalid,
  unreachable: errors.isUnreachable,
};

const SCHEMA = [
  'failed to create typed patch object (a/one; example.com/v1, Kind=Widget): .spec.colour: field not declared in schema',
  'failed to create typed patch object (a/one; example.com/v1, Kind=Widget): .spec.size: expected numeric (int or float), got string',
  'failed to create typed patch object (a/one; example.com/v1, Kind=Widget): .spec.tags: duplicate entries for key [="x"]',
];

describe('a refusal is recognised for what it is', () => {
  test.each<[number, string, string, string]>([
    [404, 'NotFound', '', 'notFound'],
    [409, 'Conflict', '', 'conflict'],
    [409, 'AlreadyExists', '', 'alreadyExists'],
    [410, 'Expired', '', 'gone'],
    [401, 'Unauthorized', '', 'forbidden'],
    [403, 'Forbidden', '', 'forbidden'],
    [400, 'BadRequest', '', 'invalid'],
    [422, 'Invalid', '', 'invalid'],
    [0, 'Unreachable', '', 'unreachable'],
    ...SCHEMA.map((message): [number, string, string, string] => [500, 'InternalError', message, 'invalid']),
  ])('%i %s %s is only: %s', (code, reason, message, expected) => {
    const error = new KubeError({ code, reason, message });
    expect(
      Object.entries(predicates)
        .filter(([, is]) => is(error))
        .map(([name]) => name),
    ).toEqual([expected]);
  });

  test.each([
    [500, 'etcdserver: request timed out'],
    [503, 'apiserver not ready'],
    [429, 'too many requests'],
  ])('%i %s is none of them: try again', (code, message) => {
    const error = new KubeError({ code, reason: '', message });
    expect(Object.values(predicates).some((is) => is(error))).toBe(false);
  });

  test('other errors are none of them', () => {
    expect(Object.values(predicates).some((is) => is(new Error('404')) || is(undefined))).toBe(false);
  });
});

describe('an answer becomes an error', () => {
  test('with the words of its Status', () => {
    const body = JSON.stringify({ kind: 'Status', code: 404, reason: 'NotFound', message: 'widgets "x" not found' });
    expect(errorOf(404, body, 3_000)).toMatchObject({
      name: 'KubeError',
      code: 404,
      reason: 'NotFound',
      message: 'widgets "x" not found',
      retryAfterMs: 3_000,
    });
  });

  test.each([
    ['<html>Bad gateway</html>\n', '<html>Bad gateway</html>'],
    ['', 'the API server answered HTTP 502'],
    ['[]', '[]'],
    ['{"message":5}', 'the API server answered HTTP 502'],
    ['x'.repeat(5_000), 'x'.repeat(300)],
  ])('with what there is, where it is not a Status: %s', (body, message) => {
    expect(errorOf(502, body)).toMatchObject({ code: 502, reason: '', message });
  });
});

test.each([
  ['5', 5_000],
  ['0', 0],
  ['', undefined],
  ['soon', undefined],
  ['-1', undefined],
  [undefined, undefined],
  [['5'], undefined],
])('Retry-After %o is %o ms', (header, ms) => expect(retryAfterMs(header)).toBe(ms));
