// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { onlyStatusChanged } from '../../../operator/controllers/shared/spec.ts';
import { number } from '../builders.ts';

const before = number('sales', '+15550001111');
const upsert = (change: Partial<typeof before.metadata>) =>
  ({ type: 'upsert', key: 'voice/sales', object: { ...before, metadata: { ...before.metadata, ...change } }, old: before }) as const;

describe('onlyStatusChanged', () => {
  it('is true for our own writing of a status, which leaves the generation alone', () => {
    expect(onlyStatusChanged(upsert({ resourceVersion: '2' }))).toBe(true);
  });

  it.each([
    ['an edit', upsert({ generation: 2 })],
    ['a new object', { ...upsert({}), old: undefined }],
    ['an object made anew under the same name', upsert({ uid: 'other' })],
    ['an object on its way out', upsert({ deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['a deletion', { type: 'delete', key: 'voice/sales', old: before } as const],
  ])('is false for %s', (_, change) => {
    expect(onlyStatusChanged(change)).toBe(false);
  });
});
