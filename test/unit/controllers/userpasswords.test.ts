// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { sipRoute } from '../../../operator/api/siproute.ts';
import { UserPasswords } from '../../../operator/controllers/shared/userpasswords.ts';
import { route } from '../builders.ts';

const withUsers = sipRoute.parse({
  ...route('out', ['sales']),
  spec: { direction: 'Outbound', numbers: [{ name: 'sales' }], sources: { users: [{ username: 'a', passwordRef: { name: 's', key: 'a' } }] } },
});

describe('passwords of digest users', () => {
  it('are told of where they change, and only then', () => {
    const users = new UserPasswords();
    let told = 0;
    users.subscribe(() => (told += 1));
    users.keep(withUsers, new Map([['a', 'x']]));
    users.keep(withUsers, new Map([['a', 'x']]));
    expect([told, users.get(withUsers, 'a'), users.get(withUsers, 'b')]).toEqual([1, 'x', undefined]);
    users.keep(withUsers, new Map([['a', 'y']]));
    users.keep(withUsers, new Map());
    expect([told, users.get(withUsers, 'a')]).toEqual([3, undefined]);
  });

  it('are complete once each route that has users was read, whatever came of it', () => {
    const users = new UserPasswords();
    expect(users.isComplete([route('in', ['sales'])])).toBe(true);
    expect(users.isComplete([withUsers])).toBe(false);
    expect(users.isComplete([{ ...withUsers, metadata: { ...withUsers.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }])).toBe(true);
    users.keep(withUsers, new Map());
    expect(users.isComplete([withUsers])).toBe(true);
    users.forget('voice/out');
    expect(users.isComplete([withUsers])).toBe(false);
  });
});
