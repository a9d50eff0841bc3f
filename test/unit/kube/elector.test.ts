// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Elector, type ElectorOptions } from '../../../operator/kube/elector.ts';
import { FakeClock, seeded } from './fake-clock.ts';
import { LeaseServer } from './lease-server.ts';

interface Candidate {
  readonly name: string;
  readonly stop: AbortController;
  /** Aborts when leadership ends; undefined while it never led. */
  term: AbortSignal | undefined;
  /** Whether it leads in its own eyes. */
  readonly leads: () => boolean;
  outcome: 'lost' | 'stopped' | undefined;
}

function stand(
  server: LeaseServer,
  name: string,
  options: Partial<ElectorOptions> & { windUpMs?: number } = {},
): Candidate {
  const { clock } = server;
  const stop = new AbortController();
  const candidate: Candidate = {
    name,
    stop,
    term: undefined,
    leads: () => candidate.term?.aborted === false,
    outcome: undefined,
  };
  const elector = new Elector({
    client: server.as(name),
    namespace: 'ns',
    name: 'lease',
    identity: name,
    clock,
    random: () => 0.5,
    ...options,
  });
  const lead = async (term: AbortSignal): Promise<void> => {
    candidate.term = term;
    await new Promise<void>((resolve) => term.addEventListener('abort', () => resolve(), { once: true }));
    if (options.windUpMs) await new Promise<void>((resolve) => void clock.after(options.windUpMs ?? 0, resolve));
  };
  void elector.run(stop.signal, lead).then((outcome) => (candidate.outcome = outcome));
  return candidate;
}

describe('an election', () => {
  test('has one leader, who stays', async () => {
    const server = new LeaseServer(new FakeClock());
    const [a, b] = [stand(server, 'a'), stand(server, 'b')];
    await server.clock.advance(60_000);
    expect([a.leads(), b.leads()].filter(Boolean)).toHaveLength(1);
    expect(server.spec).toMatchObject({
      holderIdentity: a.leads() ? 'a' : 'b',
      leaseDurationSeconds: 7,
      leaseTransitions: 0,
    });
    expect(server.spec['renewTime']).toMatch(/^2026-01-01T00:00:5\d\.\d{6}Z$/);
  });

  test('a leader who stops gives the Lease back, and another need not wait for it to expire', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    await server.clock.advance(10_000);
    const b = stand(server, 'b');
    await server.clock.advance(10_000);
    a.stop.abort();
    await server.clock.advance(2_000);
    expect({ a: a.outcome, b: b.leads(), transitions: server.spec['leaseTransitions'] }).toEqual({
      a: 'stopped',
      b: true,
      transitions: 1,
    });
  });

  test('the Lease is kept while the leader winds up', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a', { windUpMs: 30_000 });
    await server.clock.advance(5_000);
    const b = stand(server, 'b');
    a.stop.abort();
    await server.clock.advance(29_000);
    expect([a.outcome, b.leads()]).toEqual([undefined, false]);
    await server.clock.advance(4_000);
    expect([a.outcome, b.leads()]).toEqual(['stopped', true]);
  });

  test('a leader cut off from the API server has stood down before another takes over, within ten seconds', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    await server.clock.advance(10_000);
    const b = stand(server, 'b');
    await server.clock.advance(10_000);
    server.cut.add('a');
    const cutAt = server.clock.now();
    let stoodDownAt = 0;
    a.term?.addEventListener('abort', () => (stoodDownAt = server.clock.now()));
    for (let i = 0; i < 100 && !b.leads(); i += 1) await server.clock.advance(100);
    const tookOverAt = server.clock.now();
    expect(a.outcome).toBe('lost');
    expect(stoodDownAt).toBeLessThan(tookOverAt);
    expect(tookOverAt - cutAt).toBeLessThan(10_000);
  });

  test('calls that hang do not keep a leader from standing down in time', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    await server.clock.advance(10_000);
    server.hanging = true;
    await server.clock.advance(5_100);
    expect(a.leads()).toBe(false);
  });

  test('a leader whose Lease was taken by hand stands down', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    await server.clock.advance(5_000);
    server.overwrite({ holderIdentity: 'someone', leaseDurationSeconds: 7, leaseTransitions: 4 });
    await server.clock.advance(3_000);
    expect(a.outcome).toBe('lost');
    expect(server.spec['holderIdentity']).toBe('someone');
  });

  test('expiry is judged by watching the record, not by the times written in it', async () => {
    const server = new LeaseServer(new FakeClock());
    server.overwrite({
      holderIdentity: 'other',
      leaseDurationSeconds: 7,
      renewTime: '1999-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    const b = stand(server, 'b');
    await server.clock.advance(6_900);
    expect(b.leads()).toBe(false);
    await server.clock.advance(300);
    expect(b.leads()).toBe(true);
  });

  test('a Lease that nobody holds is taken at once', async () => {
    const server = new LeaseServer(new FakeClock());
    server.overwrite({ holderIdentity: '', leaseDurationSeconds: 600, leaseTransitions: 3 });
    const b = stand(server, 'b');
    await server.clock.advance(100);
    expect([b.leads(), server.spec['leaseTransitions']]).toEqual([true, 4]);
  });

  test('an answer that was lost on its way does not cost the leadership', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    await server.clock.advance(10_000);
    server.loseAnswers = 1;
    await server.clock.advance(10_000);
    expect(a.leads()).toBe(true);
    expect(a.outcome).toBeUndefined();
  });

  test('a Lease won while shutting down is given back, and nothing is led', async () => {
    const server = new LeaseServer(new FakeClock());
    const a = stand(server, 'a');
    a.stop.abort();
    await server.clock.advance(1_000);
    expect(a).toMatchObject({ outcome: 'stopped', term: undefined });
    expect(server.spec['holderIdentity']).toBe('');
  });

  test('what the leader throws is thrown, and the Lease is given back', async () => {
    const server = new LeaseServer(new FakeClock());
    const elector = new Elector({
      client: server.as('a'),
      namespace: 'ns',
      name: 'lease',
      identity: 'a',
      clock: server.clock,
    });
    const failing = async (): Promise<void> => {
      throw new Error('no');
    };
    const run = elector.run(new AbortController().signal, failing).catch(String);
    await server.clock.advance(100);
    expect(await run).toBe('Error: no');
    expect(server.spec['holderIdentity']).toBe('');
  });

  test.each([
    [{ leaseMs: 2_500 }, 'a Lease counts whole seconds'],
    [{ leaseMs: 5_000, renewMs: 5_000 }, 'two could lead at once'],
    [{ renewMs: 1_000 }, 'two could lead at once'],
  ])('times that would let two lead at once are refused: %o', (times, message) => {
    const server = new LeaseServer(new FakeClock());
    expect(
      () => new Elector({ client: server.as('a'), namespace: 'ns', name: 'lease', identity: 'a', ...times }),
    ).toThrow(message);
  });
});

test('whoever is cut off, stopped or slowed down, never do two lead at once, and in the end one does', async () => {
  const event = fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('cut', 'mend', 'mend', 'stop', 'lose', 'slow', 'fast'),
    afterMs: fc.integer({ min: 0, max: 6_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), fc.integer(), async (events, seed) => {
      const server = new LeaseServer(new FakeClock(), seeded(seed));
      const candidates: Candidate[] = [];
      const join = (name: string): void =>
        void candidates.push(stand(server, name, { random: seeded(seed + candidates.length) }));
      const check = async (ms: number): Promise<void> => {
        for (let passed = 0; passed < ms; passed += 50) {
          await server.clock.advance(50);
          expect(candidates.filter((one) => one.leads()).length).toBeLessThanOrEqual(1);
          // As Kubernetes does: whoever ended is started anew.
          for (const { name } of candidates
            .splice(0, candidates.length, ...candidates.filter((one) => !one.outcome))
            .filter((one) => one.outcome))
            join(name);
        }
      };
      for (const name of ['a', 'b', 'c']) join(name);
      for (const { who, what, afterMs } of events) {
        await check(afterMs);
        if (what === 'cut') server.cut.add(who);
        if (what === 'mend') server.cut.delete(who);
        if (what === 'stop') candidates.find(({ name }) => name === who)?.stop.abort();
        if (what === 'lose') server.loseAnswers += 1;
        if (what === 'slow') server.latencyMs = 3_000;
        if (what === 'fast') server.latencyMs = 20;
      }
      server.cut.clear();
      server.loseAnswers = 0;
      server.latencyMs = 20;
      await check(20_000);
      expect(candidates.filter((one) => one.leads())).toHaveLength(1);
    }),
    { numRuns: 30 },
  );
});
