// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import {
  apiVersionOf,
  collectionPath,
  objectPath,
  withQuery,
  type ResourceKind,
} from '../../../operator/kube/resource.ts';
import { WIDGET } from './loopback-api.ts';

const POD: ResourceKind = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const NODE: ResourceKind = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

describe('paths', () => {
  test.each([
    [collectionPath(POD), '/api/v1/pods'],
    [collectionPath(POD, 'a'), '/api/v1/namespaces/a/pods'],
    [collectionPath(WIDGET, 'a'), '/apis/example.com/v1/namespaces/a/widgets'],
    [objectPath(POD, { namespace: 'a', name: 'one' }), '/api/v1/namespaces/a/pods/one'],
    [
      objectPath(WIDGET, { namespace: 'a', name: 'one' }, 'status'),
      '/apis/example.com/v1/namespaces/a/widgets/one/status',
    ],
    [objectPath(NODE, { name: 'one' }), '/api/v1/nodes/one'],
    [objectPath(NODE, { name: 'system:one%' }), '/api/v1/nodes/system%3Aone%25'],
  ])('%s', (path, expected) => expect(path).toBe(expected));

  test('a namespaced object needs its namespace, a cluster-scoped one has none', () => {
    expect(() => objectPath(POD, { name: 'one' })).toThrow('Pod "one" needs a namespace');
    expect(() => collectionPath(NODE, 'a')).toThrow('Node is cluster-scoped: leave out the namespace "a"');
  });

  test.each(['', '.', '..', 'a/../b'])('"%s" cannot lead a path astray', (name) => {
    expect(() => objectPath(POD, { namespace: 'a', name })).toThrow(`"${name}" cannot be the name of a Pod`);
    expect(() => collectionPath(POD, name)).toThrow(`"${name}" cannot be the namespace of a Pod`);
  });
});

test('a query leaves out what has no value and escapes the rest', () => {
  expect(withQuery('/x', { a: undefined })).toBe('/x');
  expect(withQuery('/x', { watch: true, limit: 5, labelSelector: 'a=b,c in (d)', b: undefined })).toBe(
    '/x?watch=true&limit=5&labelSelector=a%3Db%2Cc+in+%28d%29',
  );
});

test('the apiVersion of the core group is only its version', () => {
  expect([apiVersionOf(POD), apiVersionOf(WIDGET)]).toEqual(['v1', 'example.com/v1']);
});
