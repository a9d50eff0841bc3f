// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import pino from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { ReachController } from '../../../operator/controllers/reach/reconcile.ts';
import { FakeClock } from '../kube/fake-clock.ts';

/** HOST:PORT that nothing listens at. */
let closed: string;
beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => server.close(resolve));
  closed = `localhost:${port}`;
});

describe('a name that does not answer', () => {
  it('is tried again soon, then ever less often, and soon again after somebody asked', async () => {
    const clock = new FakeClock();
    const options = { isDialled: () => true, onVerdict: () => {}, random: () => 1, log: pino({ level: 'silent' }) };
    const reach = new ReachController({ ...options, clock });
    const look = () => reach.reconcile(closed, new AbortController().signal);
    const rests: (number | void)[] = [];
    for (let i = 0; i < 7; i += 1) {
      const rest = await look();
      rests.push(rest);
      await clock.advance(Number(rest));
    }
    expect(rests).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    await look();
    // Before its time: something has changed.
    expect(await look()).toBe(500);
    expect(reach.verdict(closed)).toMatchObject({ status: 'False', reason: 'Unreachable' });
  });
});
