// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { setCaller, user } from './caller.ts';
import { closeScenes, phoneNumber } from './scene.ts';

afterEach(closeScenes);

const hour = 3_600_000;

describe('whether a business may call a user', () => {
  test('goes by Meta’s clock', async () => {
    let now = 1_790_000_000_000;
    const { meta, caller } = await setCaller({ now: () => now });
    meta.addUser({ phoneNumber: user, answers: 'declines' });
    meta.permit('1001', 'GB.1234567890', 'temporary');
    now += 168 * hour - 1;
    expect((await caller.call({ callId: '1' })).final.status).toBe(486);
    now += 1;
    expect((await caller.call({ callId: '2' })).final.status).toBe(403);
    expect(() => { meta.permit('1001', '+447700900999', 'permanent'); }).toThrow('Meta knows no user +447700900999');
  });

  test('is no after four calls that were declined or rang out, and a taken one in between counts from zero', async () => {
    const { meta, caller } = await setCaller();
    const call = async (answers: 'declines' | 'unreachable' | 'accepts') => {
      meta.addUser({ phoneNumber: user, answers });
      const { final } = await caller.call();
      if (answers === 'accepts') await caller.final(caller.inside('BYE', final));
      return final.status;
    };
    const statuses = [];
    for (const answers of ['declines', 'unreachable', 'declines', 'accepts'] as const) statuses.push(await call(answers));
    for (let i = 0; i < 5; i++) statuses.push(await call('declines'));
    expect(statuses).toEqual([486, 480, 486, 200, 486, 486, 486, 486, 403]);
  });

  test('is no after 100 connected calls in 24 hours', async () => {
    let now = 1_790_000_000_000;
    const { meta, caller } = await setCaller({ now: () => now });
    const consent = meta.number('1001').consents.get(user);
    for (let i = 0; i < 99; i++) consent?.connected(now);
    const last = await caller.call({ callId: 'last' });
    expect(last.final.status).toBe(200);
    await caller.final(caller.inside('BYE', last.final));
    const refused = { status: 403, reason: 'Limit reached: 100 connected calls to this user in 24 hours' };
    expect((await caller.call({ callId: 'refused' })).final).toMatchObject(refused);
    now += 24 * hour;
    expect((await caller.call({ callId: 'again' })).final.status).toBe(200);
  });

  test('may be asked again after a call of either side', async () => {
    const { meta, caller } = await setCaller();
    const consent = meta.number('1001').consents.get(user);
    const asked = () => consent?.requests(Date.now()).day.count;
    consent?.asked(Date.now());
    expect(asked()).toBe(1);
    const { final } = await caller.call();
    expect(asked()).toBe(0);
    await caller.final(caller.inside('BYE', final));
    consent?.asked(Date.now());
    const theirs = await meta.call({ to: phoneNumber, from: user });
    expect(theirs.result?.kind).toBe('answered');
    expect(asked()).toBe(0);
  });

  test('is asked within a window that a test opens', async () => {
    const { meta } = await setCaller();
    meta.openWindow('1001', user);
    expect(meta.number('1001').consents.get(user)?.isWindowOpen(Date.now())).toBe(true);
    expect(meta.permissionRequests('1001')).toEqual([]);
  });
});
