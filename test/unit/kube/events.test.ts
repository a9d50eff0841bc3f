// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Allowance } from '../../../operator/kube/allowance.ts';
import { nameOf, type EventNote } from '../../../operator/kube/event.ts';
import { EventRecorder, type EventRecorderOptions } from '../../../operator/kube/events.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { isRecord, type KubeObject } from '../../../operator/kube/objects.ts';
import { FakeClock } from './fake-clock.ts';

const widget: KubeObject = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { namespace: 'a', name: 'one', uid: 'u-1' },
};
const note: EventNote = {
  regarding: widget,
  type: 'Warning',
  reason: 'TokenRefused',
  action: 'ReadSettings',
  note: 'Meta refused the token.',
};

/** Events as the API server keeps them. */
class EventServer {
  readonly events = new Map<string, KubeObject>();
  calls: string[] = [];
  /** Thrown at the next calls, one each. */
  failures: unknown[] = [];
  /** The next creation takes place without its answer arriving. */
  loseAnswer = false;

  readonly client: EventRecorderOptions['client'] = {
    get: async (_kind, { name }) => this.#find(name),
    create: async (kind, object) => {
      this.#called('create');
      const { name } = object.metadata;
      if (this.events.has(name)) throw new KubeError({ code: 409, reason: 'AlreadyExists', message: 'exists' });
      const event = { apiVersion: 'events.k8s.io/v1', kind: kind.kind, ...structuredClone(object) };
      this.events.set(name, event);
      if (this.loseAnswer) {
        this.loseAnswer = false;
        throw new KubeError({ code: 0, reason: 'Unreachable', message: 'reset' });
      }
      return event;
    },
    mergePatch: async (_kind, { name }, patch) => {
      this.#called('patch');
      const event = { ...this.#find(name), ...(isRecord(patch) ? structuredClone(patch) : {}) };
      this.events.set(name, event);
      return event;
    },
  };

  get only(): KubeObject {
    const [event, ...others] = this.events.values();
    if (!event || others.length > 0) throw new Error(`there are ${this.events.size} events`);
    return event;
  }

  #called(what: string): void {
    const failure = this.failures.shift();
    this.calls.push(what);
    if (failure) throw failure;
  }

  #find(name: string): KubeObject {
    const event = this.events.get(name);
    if (!event) throw new KubeError({ code: 404, reason: 'NotFound', message: 'not found' });
    return event;
  }
}

let clock: FakeClock;
let server: EventServer;
let stop: AbortController;
let running: Promise<void>;
let lost: string[];

function recorder(): EventRecorder {
  stop = new AbortController();
  const own = new EventRecorder({
    client: server.client,
    controller: 'example.com/controller',
    instance: 'pod-1',
    clock,
    random: () => 0,
    onLost: (event, why) => lost.push(`${event.reason}: ${why instanceof Error ? why.message : String(why)}`),
  });
  running = own.run(stop.signal);
  return own;
}

beforeEach(() => {
  clock = new FakeClock();
  server = new EventServer();
  lost = [];
});

afterEach(async () => {
  stop.abort();
  await running;
});

describe('an event', () => {
  test('is written with all that describe shows', async () => {
    recorder().record(note);
    await clock.advance(1);
    expect(server.only).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'a', name: nameOf(note, 'example.com/controller') },
      eventTime: '2026-01-01T00:00:00.000000Z',
      type: 'Warning',
      reason: 'TokenRefused',
      action: 'ReadSettings',
      note: 'Meta refused the token.',
      regarding: { apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'a', name: 'one', uid: 'u-1' },
      reportingController: 'example.com/controller',
      reportingInstance: 'pod-1',
    });
    expect(server.only.metadata.name).toMatch(/^one\.[0-9a-f]{16}$/);
  });

  test('that happens again and again is one event that counts, written now and then', async () => {
    const own = recorder();
    for (let i = 0; i < 600; i += 1) {
      own.record(note);
      await clock.advance(100);
    }
    await clock.advance(30_000);
    expect(server.only['series']).toEqual({ count: 600, lastObservedTime: '2026-01-01T00:00:59.900000Z' });
    expect(server.calls).toEqual(['create', 'patch', 'patch']);
  });

  test('that happened several times before it could be written starts as a series', async () => {
    const own = recorder();
    for (let i = 0; i < 3; i += 1) own.record(note);
    await clock.advance(40_000);
    expect(server.only['series']).toMatchObject({ count: 3 });
    expect(server.calls).toEqual(['create', 'patch']);
  });

  test('goes on counting after a restart', async () => {
    const first = recorder();
    first.record(note);
    await clock.advance(1);
    first.record(note);
    stop.abort();
    await running;
    recorder().record(note);
    await clock.advance(1);
    expect(server.only['series']).toMatchObject({ count: 3 });
  });

  test('whose creation was not answered is not counted twice', async () => {
    server.loseAnswer = true;
    recorder().record(note);
    await clock.advance(10_000);
    expect(server.only).not.toHaveProperty('series');
    expect(server.calls).toEqual(['create', 'create']);
  });

  test('that expired at the API server is written anew when it happens again', async () => {
    const own = recorder();
    own.record(note);
    await clock.advance(100_000);
    server.events.clear();
    own.record(note);
    await clock.advance(1);
    expect(server.only['series']).toMatchObject({ count: 2 });
  });

  test('is forgotten when it does not happen for long', async () => {
    recorder().record(note);
    await clock.advance(700_000);
    expect(clock.pending).toBe(0);
  });

  test('differs from another by object, type, reason, action and note', () => {
    const other: KubeObject = { ...widget, metadata: { ...widget.metadata, uid: 'u-2' } };
    const variants: EventNote[] = [
      note,
      { ...note, regarding: other },
      { ...note, type: 'Normal' },
      { ...note, reason: 'Other' },
      { ...note, action: 'Other' },
      { ...note, note: 'Other.' },
    ];
    expect(new Set(variants.map((one) => nameOf(one, 'c'))).size).toBe(variants.length);
    expect(nameOf({ ...note }, 'c')).toBe(nameOf(note, 'c'));
  });

  test('of a cluster-scoped object goes to the namespace default', async () => {
    recorder().record({ ...note, regarding: { ...widget, metadata: { name: 'one', uid: 'u' } } });
    await clock.advance(1);
    expect(server.only.metadata.namespace).toBe('default');
  });

  test('is cut to what the API server takes, between characters', async () => {
    const long: KubeObject = {
      ...widget,
      metadata: { ...widget.metadata, name: `${'x'.repeat(235)}.${'y'.repeat(17)}` },
    };
    recorder().record({ ...note, regarding: long, note: 'ß'.repeat(600) });
    await clock.advance(1);
    expect(server.only['note']).toBe(`${'ß'.repeat(510)}…`);
    expect(server.only.metadata.name).toMatch(/^x{235}\.[0-9a-f]{16}$/);
  });
});

describe('an event that cannot be written', () => {
  test('is tried again', async () => {
    server.failures = [
      new KubeError({ code: 0, reason: 'Unreachable', message: 'refused' }),
      new KubeError({ code: 500, reason: '', message: 'etcd' }),
    ];
    recorder().record(note);
    await clock.advance(10_000);
    expect(server.only['reason']).toBe('TokenRefused');
    expect(lost).toEqual([]);
  });

  test('is given up after five attempts, and that is told', async () => {
    server.failures = Array.from(
      { length: 9 },
      () => new KubeError({ code: 500, reason: '', message: 'etcd is full' }),
    );
    recorder().record(note);
    await clock.advance(700_000);
    expect(lost).toEqual(['TokenRefused: etcd is full']);
    expect([server.calls.length, clock.pending]).toEqual([5, 0]);
  });

  test.each([
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [422, 'Invalid'],
  ])('because of %i is given up at once', async (code, reason) => {
    server.failures = [new KubeError({ code, reason, message: 'no' })];
    const own = recorder();
    own.record(note);
    own.record({ ...note, note: 'Another.' });
    await clock.advance(60_000);
    expect(lost).toEqual(['TokenRefused: no']);
    expect(server.only['note']).toBe('Another.');
  });

  test('never throws at whoever records it, not even after the end', async () => {
    const own = recorder();
    stop.abort();
    await running;
    own.record(note);
    expect(lost).toEqual(['TokenRefused: events are no longer recorded: shutting down']);
  });
});

test('what was recorded just before the end is still written, each tried once', async () => {
  const own = recorder();
  const another = { ...note, reason: 'Another' };
  own.record(note);
  own.record(another);
  await clock.advance(1);
  own.record(note);
  for (let i = 0; i < 4; i += 1) own.record(another);
  server.failures = [new KubeError({ code: 500, reason: '', message: 'no' })];
  stop.abort();
  await running;
  const series = { count: 5, lastObservedTime: '2026-01-01T00:00:00.001000Z' };
  expect([...server.events.values()].map((event) => event['series'])).toEqual([undefined, series]);
  expect(lost).toEqual(['TokenRefused: no']);
});

test('an object with ever new messages is held to a rate, and the others are not', async () => {
  const own = recorder();
  for (let i = 0; i < 40; i += 1) own.record({ ...note, note: `Message ${i}.` });
  own.record({ ...note, regarding: { ...widget, metadata: { ...widget.metadata, uid: 'u-2' } } });
  await clock.advance(1);
  expect(server.events.size).toBe(26);
  expect(lost).toHaveLength(15);
  expect(lost[0]).toContain('too many different events for one object');
  await clock.advance(60_000);
  own.record({ ...note, note: 'Message 40.' });
  own.record({ ...note, note: 'Message 41.' });
  await clock.advance(1);
  expect(server.events.size).toBe(27);
});

test('an allowance is full again after a while, and then takes no memory', async () => {
  const own = new Allowance(clock, { burst: 2, refillMs: 100 });
  recorder();
  expect([own.take('x'), own.take('x'), own.take('x'), own.take('y')]).toEqual([true, true, false, true]);
  await clock.advance(100);
  expect([own.take('x'), own.take('x')]).toEqual([true, false]);
  for (let i = 0; i < 5_000; i += 1) {
    own.take(`key-${i}`);
    if (i % 100 === 99) await clock.advance(100);
  }
  expect(own.size).toBeLessThanOrEqual(1_000);
});

test('an allowance gives several of its tokens at once, or none of them', async () => {
  const own = new Allowance(clock, { burst: 10, refillMs: 100 });
  recorder();
  expect([own.take('x', 7), own.take('x', 4), own.take('x', 3), own.take('x')]).toEqual([true, false, true, false]);
  await clock.advance(400);
  expect([own.take('x', 5), own.take('x', 4)]).toEqual([false, true]);
});

test('thousands of objects together raise as many events as the API server can bear, and warnings are not kept out by what is well', async () => {
  const own = recorder();
  const of = (i: number, type: 'Normal' | 'Warning') => own.record({ ...note, type, regarding: { ...widget, metadata: { ...widget.metadata, uid: `${type}-${i}` } } });
  for (let i = 0; i < 1000; i += 1) of(i, 'Normal');
  for (let i = 0; i < 10; i += 1) of(i, 'Warning');
  for (let i = 0; i < 60; i += 1) await clock.advance(1);
  expect(server.events.size).toBe(510);
  expect(lost[0]).toContain('too many different events of type Normal');
  await clock.advance(1000);
  for (let i = 1000; i < 1100; i += 1) of(i, 'Normal');
  for (let i = 0; i < 60; i += 1) await clock.advance(1);
  expect(server.events.size).toBeGreaterThanOrEqual(520);
  expect(server.events.size).toBeLessThan(540);
});
