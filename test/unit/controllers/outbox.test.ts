// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../operator/controllers/gateway/outbox.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';
import { FakeClock } from '../kube/fake-clock.ts';

const LARGE = { data: {}, bytes: { packed: 600_000, plain: 18_000_000 } };

describe('snapshots on their way to the proxies', () => {
  it('may be many at once, and wait for their turn where there were more than etcd can bear', async () => {
    const clock = new FakeClock();
    const outbox = new Outbox(clock);
    const send = (gateway: string, turn: number) => outbox.tooSoon(gateway, toSnapshot({ hostname: `${turn}.example.com`, sourceNetworks: [], media: [], numbers: [] }), LARGE);
    // 100 MB of both gateways together.
    for (let turn = 1; turn <= 166; turn += 1) expect(send(`gateway-${turn % 2}`, turn)).toBeUndefined();
    expect(send('gateway-0', 167)).toMatchObject({ status: 'False', reason: 'Applying', message: expect.stringContaining('so many edits') });
    // What was let go may be written again, as against drift.
    expect(send('gateway-0', 166)).toBeUndefined();
    await clock.advance(200);
    expect([send('gateway-0', 167), send('gateway-0', 167), send('gateway-1', 168)]).toEqual([undefined, undefined, expect.anything()]);
  });
});
