// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { KubeClient } from '../../../operator/kube/client.ts';
import { asIs, decodeWith } from '../../../operator/kube/decode.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import { Reflector, whenSynced, type ReflectorOptions } from '../../../operator/kube/reflector.ts';
import type { Change } from '../../../operator/kube/replica.ts';
import { LoopbackApi, refuse, WIDGET } from './loopback-api.ts';

const isWatch = (url: string): boolean => url.includes('watch=');
const isList = (url: string): boolean => !isWatch(url);

let api: LoopbackApi;
let client: KubeClient;
let stop: AbortController;
let running: Promise<void>[];

beforeEach(async () => {
  api = new LoopbackApi();
  await api.up();
  client = new KubeClient(api.connection, { fieldManager: 'test' });
  stop = new AbortController();
  running = [];
});

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  await client.close();
  await api.down();
});

interface Started<T> {
  readonly reflector: Reflector<T>;
  readonly changes: Change<T>[];
  readonly failures: unknown[];
  /** What happened, one word for each. */
  readonly story: () => string[];
}

function start(options?: Partial<ReflectorOptions<KubeObject>>): Started<KubeObject> {
  return startWith({ decode: asIs, ...options });
}

function startWith<T>(options: Partial<ReflectorOptions<T>> & Pick<ReflectorOptions<T>, 'decode'>): Started<T> {
  const changes: Change<T>[] = [];
  const failures: unknown[] = [];
  // The smallest jitter there is: half of each wait.
  const reflector = new Reflector<T>({
    client, kind: WIDGET, random: () => 0, observer: { failed: (_kind, error) => failures.push(error) }, ...options,
  });
  reflector.subscribe((change) => changes.push(change));
  running.push(reflector.run(stop.signal));
  return { reflector, changes, failures, story: () => changes.map(({ type, key }) => `${type} ${key}`) };
}

const keys = (reflector: Reflector<KubeObject>): string[] => reflector.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
const watching = (count = 1): Promise<void> => vi.waitFor(() => expect(api.watches).toBe(count), 5_000);

describe('a reflector in calm weather', () => {
  test('lists what is there, then tells of every change', async () => {
    api.put('a/one', { size: 1 });
    const { reflector, story, changes } = start();
    await reflector.synced;
    await watching();
    api.put('a/two');
    api.put('a/one', { size: 2 });
    api.remove('a/two');
    await vi.waitFor(() => expect(story()).toEqual(['upsert a/one', 'upsert a/two', 'upsert a/one', 'delete a/two']));
    expect(changes[2]).toMatchObject({ object: { size: 2 }, old: { size: 1 } });
    expect(keys(reflector)).toEqual(['a/one']);
  });

  test('reads long lists page by page', async () => {
    for (let i = 0; i < 1_200; i += 1) api.put(`a/w${String(i).padStart(4, '0')}`);
    const { reflector } = start();
    await reflector.synced;
    expect(reflector.size).toBe(1_200);
    expect(api.requests.filter(isList)).toHaveLength(3);
  });

  test('follows several namespaces and is synced only when all are', async () => {
    api.put('a/one');
    api.put('b/two');
    api.put('c/three');
    const held = Promise.withResolvers<void>();
    api.once((url) => url.includes('/namespaces/b/') && isList(url), (request, response) => {
      void held.promise.then(() => refuse(503, 'ServiceUnavailable', 'not yet')(request, response));
    });
    const { reflector } = start({ namespaces: ['a', 'b'] });
    await watching();
    expect(reflector.hasSynced).toBe(false);
    held.resolve();
    await reflector.synced;
    await watching(2);
    api.remove('a/one');
    api.put('b/four');
    await vi.waitFor(() => expect(keys(reflector)).toEqual(['b/four', 'b/two']));
  });

  test('a later subscriber is told of what is already there', async () => {
    api.put('a/one');
    const { reflector } = start();
    await reflector.synced;
    const late: string[] = [];
    const leave = reflector.subscribe(({ type, key }) => late.push(`${type} ${key}`));
    await watching();
    api.put('a/two');
    await vi.waitFor(() => expect(late).toEqual(['upsert a/one', 'upsert a/two']));
    leave();
    api.put('a/three');
    await vi.waitFor(() => expect(reflector.size).toBe(3));
    expect(late).toHaveLength(2);
  });

  test('finds objects by an index that follows their changes', async () => {
    const indexes = { colour: (object: KubeObject) => (typeof object['colour'] === 'string' ? [object['colour']] : []) };
    api.put('a/one', { colour: 'red' });
    api.put('a/two', { colour: 'red' });
    const { reflector } = start({ indexes });
    await reflector.synced;
    await watching();
    api.put('a/one', { colour: 'blue' });
    await vi.waitFor(() => expect(reflector.byIndex('colour', 'blue')).toHaveLength(1));
    expect(reflector.byIndex('colour', 'red').map(({ metadata }) => metadata.name)).toEqual(['two']);
    expect(() => reflector.byIndex('shape', 'round')).toThrow('no index "shape"; known are: colour');
  });

  test('a watch that the server ends in good order goes on from where it was', async () => {
    const { reflector, failures } = start();
    await reflector.synced;
    await watching();
    api.put('a/one');
    await vi.waitFor(() => expect(reflector.size).toBe(1));
    api.end();
    await watching();
    api.put('a/two');
    await vi.waitFor(() => expect(reflector.size).toBe(2));
    expect(failures).toEqual([]);
    expect(api.requests.filter(isList)).toHaveLength(1);
  });
});

describe('a reflector in bad weather', () => {
  test('starts although the API server answers errors at first', async () => {
    api.once(isList, refuse(403, 'Forbidden', 'RBAC is not ready'));
    api.once(isList, refuse(500, 'InternalError', 'etcd is not ready'));
    api.put('a/one');
    const { reflector, failures } = start();
    await reflector.synced;
    expect(keys(reflector)).toEqual(['a/one']);
    expect(failures).toMatchObject([{ code: 403 }, { code: 500 }]);
  });

  test('stays away as long as the server asks', async () => {
    const waits: number[] = [];
    api.once(isList, refuse(429, 'TooManyRequests', 'busy', { 'retry-after': '1' }));
    const { reflector } = start({ observer: { failed: (_kind, _error, retryMs) => waits.push(retryMs) } });
    await reflector.synced;
    expect(waits).toEqual([1_000]);
  });

  test('goes on from its version after connections are reset, without a new list', async () => {
    api.put('a/one');
    const { reflector, story } = start();
    await reflector.synced;
    for (let round = 0; round < 3; round += 1) {
      await watching();
      api.cut();
      api.put(`a/during-${round}`);
    }
    await vi.waitFor(() => expect(story()).toEqual(['upsert a/one', 'upsert a/during-0', 'upsert a/during-1', 'upsert a/during-2']), 5_000);
    expect(api.requests.filter(isList)).toHaveLength(1);
  });

  test('misses nothing while the server is away, deletes included', async () => {
    for (const name of ['kept', 'edited', 'deleted', 'replaced']) api.put(`a/${name}`);
    const { reflector, changes } = start();
    await reflector.synced;
    await watching();
    const before = changes.length;
    await api.down();
    api.put('a/edited', { size: 2 });
    api.remove('a/deleted');
    api.remove('a/replaced');
    api.put('a/replaced');
    api.put('a/created');
    api.compact();
    await api.up();
    await vi.waitFor(() => expect(keys(reflector)).toEqual(['a/created', 'a/edited', 'a/kept', 'a/replaced']), 10_000);
    const story = changes.slice(before).map(({ type, key }) => `${type} ${key}`);
    expect(story.sort()).toEqual(['delete a/deleted', 'delete a/replaced', 'upsert a/created', 'upsert a/edited', 'upsert a/replaced']);
  });

  test('lists anew when its version is gone, and tells only of what changed', async () => {
    api.put('a/one');
    api.put('a/two');
    const { reflector, story } = start();
    await reflector.synced;
    await watching();
    api.cut();
    api.remove('a/one');
    api.compact();
    await vi.waitFor(() => expect(story()).toEqual(['upsert a/one', 'upsert a/two', 'delete a/one']), 5_000);
    expect(api.requests.filter(isList)).toHaveLength(2);
  });

  test('a bookmark keeps the version fresh, so that a cut after a compaction costs no list', async () => {
    const { reflector } = start();
    await reflector.synced;
    await watching();
    for (let i = 0; i < 5; i += 1) api.bookmark();
    api.put('a/one');
    await vi.waitFor(() => expect(reflector.size).toBe(1));
    api.bookmark();
    api.compact();
    const movedAt = reflector.movedAt;
    api.bookmark();
    await vi.waitFor(() => expect(reflector.movedAt).toBeGreaterThan(movedAt));
    api.cut();
    await watching();
    expect(api.requests.filter(isList)).toHaveLength(1);
  });

  test('takes lines that come in pieces, and drops one that was cut off', async () => {
    const { reflector, story } = start();
    await reflector.synced;
    await watching();
    const object = { metadata: { name: 'ümlaut', namespace: 'a', uid: 'u', resourceVersion: '11' }, text: 'Straße\u2028' };
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    const middle = line.indexOf(0xc3) + 1;
    api.raw(line.subarray(0, middle).toString('latin1'));
    api.cut();
    await watching();
    expect(story()).toEqual([]);
    api.put('a/one');
    await vi.waitFor(() => expect(story()).toEqual(['upsert a/one']));
  });

  test.each([
    ['not JSON', '{"type":"ADDED","obj\n'],
    ['no event', '[]\n'],
    ['an event without a version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
    ['an event of an unknown type', '{"type":"MOVED","object":{"metadata":{"name":"x","resourceVersion":"1"}}}\n'],
  ])('survives a line that is %s', async (_what, line) => {
    const { reflector, failures } = start();
    await reflector.synced;
    await watching();
    api.raw(line);
    await vi.waitFor(() => expect(failures).toMatchObject([{ reason: 'Unreadable' }]));
    await watching();
    api.put('a/one');
    await vi.waitFor(() => expect(reflector.size).toBe(1));
  });

  test('gives up a watch that is silent for longer than bookmarks take, and goes on', async () => {
    const { reflector, failures } = start({ idleMs: 200 });
    await reflector.synced;
    await vi.waitFor(() => expect(failures).toMatchObject([{ reason: 'Timeout', message: 'a watch was silent for 0.2 s' }]), 5_000);
    await watching();
    api.put('a/one');
    await vi.waitFor(() => expect(reflector.size).toBe(1));
  });

  test('a slow but steady watch is not silent', async () => {
    const { reflector, failures } = start({ idleMs: 400 });
    await reflector.synced;
    await watching();
    for (let i = 0; i < 8; i += 1) {
      const { movedAt } = reflector;
      await new Promise((resolve) => setTimeout(resolve, 100));
      api.bookmark();
      await vi.waitFor(() => expect(reflector.movedAt).toBeGreaterThan(movedAt));
    }
    expect(failures).toEqual([]);
  });

  test('lists anew when a restored server does not know its version yet', async () => {
    api.put('a/one');
    const { reflector } = start();
    api.once(isWatch, refuse(504, 'Timeout', 'Too large resource version: 99, current: 5'));
    await reflector.synced;
    await watching();
    expect(api.requests.filter(isList)).toHaveLength(2);
  });

  test('backs off from a server that ends every watch at once', async () => {
    for (let i = 0; i < 3; i += 1) api.once(isWatch, (_request, response) => void response.end());
    const { failures } = start();
    await watching();
    expect(failures).toHaveLength(3);
  });
});

describe('a reflector with objects it cannot decode', () => {
  const widget = z.object({ metadata: z.looseObject({ name: z.string() }), spec: z.object({ size: z.int(), tags: z.array(z.string()).optional() }) });

  test('delivers them with the reason, and goes on with the others', async () => {
    api.put('a/bad', { spec: { size: 'big', tags: ['x', 7] } });
    api.put('a/good', { spec: { size: 1 } });
    const { reflector, changes } = startWith({ decode: decodeWith(widget) });
    await reflector.synced;
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['good']);
    const bad = changes.find(({ key }) => key === 'a/bad');
    expect(bad).toMatchObject({ type: 'undecodable', raw: { spec: { size: 'big' } }, old: undefined });
    expect(reflector.undecodable('a/bad')).toMatch(/^spec\.size: .*; spec\.tags\[1\]: /);
    expect(reflector.undecodable('a/good')).toBeUndefined();
  });

  test('tells when one goes bad, when it is mended and when it goes', async () => {
    api.put('a/one', { spec: { size: 1 } });
    const { reflector, story, changes } = startWith({ decode: decodeWith(widget) });
    await reflector.synced;
    await watching();
    api.put('a/one', { spec: {} });
    await vi.waitFor(() => expect(story()).toEqual(['upsert a/one', 'undecodable a/one']));
    expect(reflector.get('a/one')).toBeUndefined();
    expect(changes[1]).toMatchObject({ old: { spec: { size: 1 } } });
    api.put('a/one', { spec: { size: 2 } });
    api.put('a/one', {});
    api.remove('a/one');
    await vi.waitFor(() => expect(story().slice(2)).toEqual(['upsert a/one', 'undecodable a/one', 'delete a/one']));
    expect(reflector.undecodable('a/one')).toBeUndefined();
  });

  test('a subscriber that throws holds up neither the others nor the watch', async () => {
    const threw: string[] = [];
    const { reflector } = start({ observer: { threw: (_kind, key, error) => threw.push(`${key}: ${String(error)}`) } });
    reflector.subscribe(() => {
      throw new Error('no');
    });
    const seen: string[] = [];
    reflector.subscribe(({ key }) => seen.push(key));
    await reflector.synced;
    await watching();
    api.put('a/one');
    api.put('a/two');
    await vi.waitFor(() => expect(seen).toEqual(['a/one', 'a/two']));
    expect(threw).toEqual(['a/one: Error: no', 'a/two: Error: no']);
  });
});

describe('waiting for caches', () => {
  test('ends when all have their list', async () => {
    const first = start();
    const second = start({ namespaces: [] });
    expect(await whenSynced([first.reflector, second.reflector], stop.signal)).toBe(true);
  });

  test('ends without success when everything stops', async () => {
    await api.down();
    const { reflector } = start();
    const waiting = whenSynced([reflector], stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    await api.up();
  });
});
