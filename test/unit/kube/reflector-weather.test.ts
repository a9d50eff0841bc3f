// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { KubeClient } from '../../../operator/kube/client.ts';
import { eventually } from './eventually.ts';
import { FakeClock } from './fake-clock.ts';
import { refuse } from './loopback-api.ts';
import { isList, isWatch, keys, Reflecting } from './reflecting.ts';

const here = new Reflecting();

describe('a reflector in bad weather', () => {
  test('starts although the API server answers errors at first', async () => {
    here.api.once(isList, refuse(403, 'Forbidden', 'RBAC is not ready'));
    here.api.once(isList, refuse(500, 'InternalError', 'etcd is not ready'));
    here.api.put('a/one');
    const { reflector, failures } = here.start();
    await reflector.synced;
    expect(keys(reflector)).toEqual(['a/one']);
    expect(failures).toMatchObject([{ code: 403 }, { code: 500 }]);
  });

  test('stays away as long as an overloaded server asks, but not from one that is starting', async () => {
    const waits: number[] = [];
    here.api.once(isList, refuse(429, 'TooManyRequests', 'busy', { 'retry-after': '1' }));
    here.api.once(isList, refuse(503, 'ServiceUnavailable', 'starting', { 'retry-after': '60' }));
    const { reflector } = here.start({ observer: { failed: (_kind, _error, ms) => waits.push(ms) } });
    await reflector.synced;
    expect(waits).toEqual([1_000, 200]);
  });

  test('goes on from its version after connections are reset, without a new list', async () => {
    here.api.put('a/one');
    const waits: number[] = [];
    const observer = { failed: (_kind: string, _error: unknown, retryMs: number) => waits.push(retryMs) };
    const { reflector, story } = here.start({ observer });
    await reflector.synced;
    for (let round = 0; round < 3; round += 1) {
      await here.watching();
      here.api.cut();
      here.api.put(`a/during-${round}`);
    }
    await eventually(() =>
      expect(story()).toEqual(['upsert a/one', 'upsert a/during-0', 'upsert a/during-1', 'upsert a/during-2']),
    );
    expect(here.api.requests.filter(isList)).toHaveLength(1);
    // A watch that delivered something was a success: the next failure is the first again.
    expect(waits).toEqual([100, 100, 100]);
  });

  test('misses nothing while the server is away, deletes included', async () => {
    for (const name of ['kept', 'edited', 'deleted', 'replaced']) here.api.put(`a/${name}`);
    const { reflector, changes } = here.start();
    await reflector.synced;
    await here.watching();
    const before = changes.length;
    await here.api.down();
    here.api.put('a/edited', { size: 2 });
    here.api.remove('a/deleted');
    here.api.remove('a/replaced');
    here.api.put('a/replaced');
    here.api.put('a/created');
    here.api.compact();
    await here.api.up();
    await eventually(() => expect(keys(reflector)).toEqual(['a/created', 'a/edited', 'a/kept', 'a/replaced']));
    const story = changes.slice(before).map(({ type, key }) => `${type} ${key}`);
    expect(story.sort()).toEqual([
      'delete a/deleted',
      'delete a/replaced',
      'upsert a/created',
      'upsert a/edited',
      'upsert a/replaced',
    ]);
  });

  test('lists anew at once when its version is gone, and tells only of what changed', async () => {
    here.api.put('a/one');
    here.api.put('a/two');
    const waits: number[] = [];
    const { reflector, story } = here.start({ observer: { failed: (_kind, _error, ms) => waits.push(ms) } });
    await reflector.synced;
    await here.watching();
    here.api.cut();
    here.api.remove('a/one');
    here.api.compact();
    await eventually(() => expect(story()).toEqual(['upsert a/one', 'upsert a/two', 'delete a/one']));
    expect(here.api.requests.filter(isList)).toHaveLength(2);
    expect(waits).toEqual([100, 0]);
  });

  test('backs off from a server that forgets every version at once', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 3; i += 1) here.api.once(isWatch, refuse(410, 'Expired', 'too old resource version'));
    here.start({ observer: { failed: (_kind, _error, ms) => waits.push(ms) } });
    await here.watching();
    expect(waits).toEqual([100, 200, 400]);
  });

  test('a new list of one namespace says nothing about the others', async () => {
    here.api.put('a/one');
    here.api.put('b/two');
    const { reflector, story } = here.start({ namespaces: ['a', 'b'] });
    await reflector.synced;
    await here.watching(2);
    here.api.remove('a/one');
    here.api.compact();
    here.api.once(
      (url) => isWatch(url) && url.includes('/namespaces/b/'),
      (request) => void request.socket.destroy(),
    );
    here.api.cut();
    await eventually(() => expect(here.api.requests.filter(isList).length).toBeGreaterThanOrEqual(4));
    await here.watching(2);
    expect(story().sort()).toEqual(['delete a/one', 'upsert a/one', 'upsert b/two']);
  });

  test('a bookmark keeps the version fresh, so that a cut after a compaction costs no list', async () => {
    const { reflector } = here.start();
    await reflector.synced;
    await here.watching();
    for (let i = 0; i < 5; i += 1) here.api.bookmark();
    here.api.put('a/one');
    await eventually(() => expect(reflector.size).toBe(1));
    here.api.bookmark();
    here.api.compact();
    const movedAt = reflector.movedAt;
    here.api.bookmark();
    await eventually(() => expect(reflector.movedAt).toBeGreaterThan(movedAt));
    here.api.cut();
    await here.watching();
    expect(here.api.requests.filter(isList)).toHaveLength(1);
  });

  test('takes a line that comes in pieces, also when a character is cut in two', async () => {
    const { reflector, changes } = here.start();
    await reflector.synced;
    await here.watching();
    const object = {
      metadata: { name: 'one', namespace: 'a', uid: 'u', resourceVersion: '11' },
      text: 'Straße\u2028weiter',
    };
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    const middle = line.indexOf(Buffer.from('ß')) + 1;
    await here.api.raw(line.subarray(0, middle));
    await here.api.raw(line.subarray(middle));
    await eventually(() => expect(changes).toMatchObject([{ object: { text: 'Straße\u2028weiter' } }]));
  });

  test('drops a line that was cut off, and takes it whole from the next watch', async () => {
    const { reflector, story, changes } = here.start();
    await reflector.synced;
    await here.watching();
    await here.api.raw('{"type":"ADDED","object":{"metadata":{"name":"one"');
    here.api.cut();
    here.api.put('a/one', { size: 1 });
    await eventually(() => expect(story()).toEqual(['upsert a/one']));
    expect(changes).toMatchObject([{ object: { size: 1 } }]);
  });

  test.each([
    ['not JSON', '{"type":"ADDED","obj\n'],
    ['no event', '[]\n'],
    ['an event without a version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
    ['an event of an unknown type', '{"type":"MOVED","object":{"metadata":{"name":"x","resourceVersion":"1"}}}\n'],
  ])('survives a line that is %s', async (_what, line) => {
    const { reflector, failures } = here.start();
    await reflector.synced;
    await here.watching();
    await here.api.raw(line);
    await eventually(() => expect(failures).toMatchObject([{ reason: 'Unreadable' }]));
    await here.watching();
    here.api.put('a/one');
    await eventually(() => expect(reflector.size).toBe(1));
  });

  test('gives up a watch that is silent for longer than bookmarks take, and goes on', async () => {
    const clock = new FakeClock();
    await using patient = new KubeClient(here.api.connection, { fieldManager: 'test', clock });
    const { reflector, failures } = here.start({ client: patient });
    await reflector.synced;
    await here.watching();
    await clock.advance(89_000);
    expect(failures).toEqual([]);
    await clock.advance(2_000);
    await eventually(() =>
      expect(failures).toMatchObject([{ reason: 'Timeout', message: 'a watch was silent for 90 s' }]),
    );
    await eventually(() => expect(here.api.requests.filter(isWatch)).toHaveLength(2));
    await here.watching();
    here.api.put('a/one');
    await eventually(() => expect(reflector.size).toBe(1));
  });

  test('a slow but steady watch is not silent', async () => {
    const clock = new FakeClock();
    await using patient = new KubeClient(here.api.connection, { fieldManager: 'test', clock });
    const events: string[] = [];
    const { reflector, failures } = here.start({
      client: patient,
      observer: { event: (_kind, type) => events.push(type) },
    });
    await reflector.synced;
    await here.watching();
    for (let i = 1; i <= 5; i += 1) {
      await clock.advance(60_000);
      here.api.bookmark();
      await eventually(() => expect(events).toHaveLength(i));
    }
    expect(failures).toEqual([]);
    expect(here.api.requests.filter(isWatch)).toHaveLength(1);
  });

  test('lists anew when a restored server does not know its version yet', async () => {
    here.api.put('a/one');
    const { reflector } = here.start();
    here.api.once(isWatch, refuse(504, 'Timeout', 'Too large resource version: 99, current: 5'));
    await reflector.synced;
    await here.watching();
    expect(here.api.requests.filter(isList)).toHaveLength(2);
  });

  test('backs off from a server that ends every watch at once', async () => {
    for (let i = 0; i < 3; i += 1) here.api.once(isWatch, (_request, response) => void response.end());
    const { failures } = here.start();
    await here.watching();
    expect(failures).toHaveLength(3);
  });
});
