// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { sipRoute } from '../../../operator/api/siproute.ts';
import { RoutePasswords } from '../../../operator/controllers/shared/routepasswords.ts';
import { route } from '../builders.ts';

const A = { name: 's', key: 'a' };
const B = { name: 's', key: 'b' };
const withUsers = sipRoute.parse({
  ...route('out', ['sales']),
  spec: { direction: 'Outbound', numbers: [{ name: 'sales' }], sources: { users: [{ username: 'a', passwordRef: A }] } },
});
const withCredentials = sipRoute.parse({
  ...route('in', ['sales']),
  spec: { numbers: [{ name: 'sales' }], destinations: [{ uri: 'sip:pbx', credentials: { username: 'b', realm: 'pbx', passwordRef: B } }] },
});

describe('passwords that routes name', () => {
  it('are told of where they change, and only then', () => {
    const passwords = new RoutePasswords();
    let told = 0;
    passwords.subscribe(() => (told += 1));
    passwords.keep(withUsers, [[A, 'x']]);
    passwords.keep(withUsers, [[A, 'x']]);
    expect([told, passwords.get(withUsers, A), passwords.get(withUsers, B)]).toEqual([1, 'x', undefined]);
    passwords.keep(withUsers, [[A, 'y']]);
    passwords.keep(withUsers, []);
    expect([told, passwords.get(withUsers, A)]).toEqual([3, undefined]);
  });

  it.each([
    ['users', withUsers],
    ['destinations', withCredentials],
  ])('are complete once each route that has some for its %s was read, whatever came of it', (_, own) => {
    const passwords = new RoutePasswords();
    expect(passwords.isComplete([route('other', ['sales'])])).toBe(true);
    expect(passwords.isComplete([own])).toBe(false);
    expect(passwords.isComplete([{ ...own, metadata: { ...own.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }])).toBe(true);
    passwords.keep(own, []);
    expect(passwords.isComplete([own])).toBe(true);
    passwords.forget(`voice/${own.metadata.name}`);
    expect(passwords.isComplete([own])).toBe(false);
  });
});
