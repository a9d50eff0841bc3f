// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  controllerOf,
  controllerReference,
  hashOf,
  isKubeObject,
  keyOf,
  refOf,
  type KubeObject,
} from '../../../operator/kube/objects.ts';

const owner: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { namespace: 'a', name: 'one', uid: 'u-1' },
};

describe('keys', () => {
  test.each([
    [{ name: 'one' }, 'one'],
    [{ namespace: 'a', name: 'one' }, 'a/one'],
  ])('%o is %s, and back', (ref, key) => {
    expect(keyOf(ref)).toBe(key);
    expect(refOf(key)).toEqual(ref);
  });

  test.each(['', '/', 'a/', '/one', 'a/b/c'])('"%s" is not a key', (key) => {
    expect(() => refOf(key)).toThrow(`"${key}" is not a key: write name or namespace/name`);
  });
});

describe('hashes', () => {
  test('do not depend on the order of members', () => {
    expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(hashOf({ a: 1 })).toMatch(/^[0-9a-f]{16}$/);
  });

  test('depend on the order of lists, and on every value', () => {
    expect(new Set([{ a: [1, 2] }, { a: [2, 1] }, { a: ['1', '2'] }, { a: null }, {}].map(hashOf)).size).toBe(5);
  });

  test('a member that is undefined is one that is not there', () => {
    expect(canonicalJson({ b: undefined, a: [{ d: undefined, c: 1 }] })).toBe('{"a":[{"c":1}]}');
  });

  test('canonical JSON says the same as the value, in one way only', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

describe('owners', () => {
  test('the controller of an object is found among its owners', () => {
    const reference = controllerReference(owner);
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u-2' };
    expect(controllerOf({ metadata: { ownerReferences: [other, reference] } })).toEqual({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      name: 'one',
      uid: 'u-1',
      controller: true,
      blockOwnerDeletion: true,
    });
    expect(controllerOf({ metadata: { ownerReferences: [other] } })).toBeUndefined();
    expect(controllerOf({ metadata: {} })).toBeUndefined();
  });

  test('what was never stored cannot own anything', () => {
    expect(() => controllerReference({ ...owner, metadata: { namespace: 'a', name: 'one' } })).toThrow(
      'Widget a/one has no uid yet',
    );
  });
});

test.each([null, 'text', [], {}, { metadata: null }, { metadata: {} }, { metadata: { name: 1 } }])(
  '%o is not an object of the API',
  (value) => {
    expect(isKubeObject(value)).toBe(false);
  },
);
