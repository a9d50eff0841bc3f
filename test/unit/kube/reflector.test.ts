// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { decodeWith } from '../../../operator/kube/decode.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import { whenSynced } from '../../../operator/kube/reflector.ts';
import { eventually } from './eventually.ts';
import { refuse } from './loopback-api.ts';
import { isList, keys, Reflecting } from './reflecting.ts';

const here = new Reflecting();

describe('a reflector in calm weather', () => {
  test('lists what is there, then tells of every change', async () => {
    here.api.put('a/one', { size: 1 });
    const { reflector, story, changes } = here.start();
    await reflector.synced;
    await here.watching();
    here.api.put('a/two');
    here.api.put('a/one', { size: 2 });
    here.api.remove('a/two');
    await eventually(() => expect(story()).toEqual(['upsert a/one', 'upsert a/two', 'upsert a/one', 'delete a/two']));
    expect(changes[2]).toMatchObject({ object: { size: 2 }, old: { size: 1 } });
    expect(keys(reflector)).toEqual(['a/one']);
  });

  test('reads long lists page by page', async () => {
    for (let i = 0; i < 1_200; i += 1) here.api.put(`a/w${String(i).padStart(4, '0')}`);
    const { reflector } = here.start();
    await reflector.synced;
    expect(reflector.size).toBe(1_200);
    expect(here.api.requests.filter(isList)).toHaveLength(3);
  });

  test('follows several namespaces and is synced only when all are', async () => {
    here.api.put('a/one');
    here.api.put('b/two');
    here.api.put('c/three');
    const held = Promise.withResolvers<void>();
    here.api.once(
      (url) => url.includes('/namespaces/b/') && isList(url),
      (request, response) => {
        void held.promise.then(() => refuse(503, 'ServiceUnavailable', 'not yet')(request, response));
      },
    );
    const { reflector } = here.start({ namespaces: ['a', 'b'] });
    await here.watching();
    expect(reflector.hasSynced).toBe(false);
    held.resolve();
    await reflector.synced;
    await here.watching(2);
    here.api.remove('a/one');
    here.api.put('b/four');
    await eventually(() => expect(keys(reflector)).toEqual(['b/four', 'b/two']));
  });

  test('a later subscriber is told of what is already there', async () => {
    here.api.put('a/one');
    const { reflector } = here.start();
    await reflector.synced;
    const late: string[] = [];
    const leave = reflector.subscribe(({ type, key }) => late.push(`${type} ${key}`));
    await here.watching();
    here.api.put('a/two');
    await eventually(() => expect(late).toEqual(['upsert a/one', 'upsert a/two']));
    leave();
    here.api.put('a/three');
    await eventually(() => expect(reflector.size).toBe(3));
    expect(late).toHaveLength(2);
  });

  test('finds objects by an index that follows their changes', async () => {
    const indexes = {
      colour: (object: KubeObject) => (typeof object['colour'] === 'string' ? [object['colour']] : []),
    };
    here.api.put('a/one', { colour: 'red' });
    here.api.put('a/two', { colour: 'red' });
    const { reflector } = here.start({ indexes });
    await reflector.synced;
    await here.watching();
    here.api.put('a/one', { colour: 'blue' });
    await eventually(() => expect(reflector.byIndex('colour', 'blue')).toHaveLength(1));
    expect(reflector.byIndex('colour', 'red').map(({ metadata }) => metadata.name)).toEqual(['two']);
    expect(() => reflector.byIndex('shape', 'round')).toThrow('no index "shape"; known are: colour');
  });

  test('a watch that the server ends in good order goes on from where it was', async () => {
    const { reflector, failures } = here.start();
    await reflector.synced;
    await here.watching();
    here.api.put('a/one');
    await eventually(() => expect(reflector.size).toBe(1));
    here.api.end();
    await here.watching();
    here.api.put('a/two');
    await eventually(() => expect(reflector.size).toBe(2));
    expect(failures).toEqual([]);
    expect(here.api.requests.filter(isList)).toHaveLength(1);
  });
});

describe('a reflector with objects it cannot decode', () => {
  const widget = z.object({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.object({ size: z.int(), tags: z.array(z.string()).optional() }),
  });

  test('delivers them with the reason, and goes on with the others', async () => {
    here.api.put('a/bad', { spec: { size: 'big', tags: ['x', 7] } });
    here.api.put('a/good', { spec: { size: 1 } });
    const { reflector, changes } = here.startWith({ decode: decodeWith(widget) });
    await reflector.synced;
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['good']);
    const bad = changes.find(({ key }) => key === 'a/bad');
    expect(bad).toMatchObject({ type: 'undecodable', raw: { spec: { size: 'big' } }, old: undefined });
    expect(reflector.undecodable('a/bad')).toMatch(/^spec\.size: .*; spec\.tags\[1\]: /);
    expect(reflector.undecodable('a/good')).toBeUndefined();
  });

  test('tells when one goes bad, when it is mended and when it goes', async () => {
    here.api.put('a/one', { spec: { size: 1 } });
    const { reflector, story, changes } = here.startWith({ decode: decodeWith(widget) });
    await reflector.synced;
    await here.watching();
    here.api.put('a/one', { spec: {} });
    await eventually(() => expect(story()).toEqual(['upsert a/one', 'undecodable a/one']));
    expect(reflector.get('a/one')).toBeUndefined();
    expect(changes[1]).toMatchObject({ old: { spec: { size: 1 } } });
    here.api.put('a/one', { spec: { size: 2 } });
    here.api.put('a/one', {});
    here.api.remove('a/one');
    await eventually(() => expect(story().slice(2)).toEqual(['upsert a/one', 'undecodable a/one', 'delete a/one']));
    expect(reflector.undecodable('a/one')).toBeUndefined();
  });

  test('a subscriber that throws holds up neither the others nor the watch', async () => {
    const threw: string[] = [];
    const { reflector } = here.start({
      observer: { threw: (_kind, key, error) => threw.push(`${key}: ${String(error)}`) },
    });
    reflector.subscribe(() => {
      throw new Error('no');
    });
    const seen: string[] = [];
    reflector.subscribe(({ key }) => seen.push(key));
    await reflector.synced;
    await here.watching();
    here.api.put('a/one');
    here.api.put('a/two');
    await eventually(() => expect(seen).toEqual(['a/one', 'a/two']));
    expect(threw).toEqual(['a/one: Error: no', 'a/two: Error: no']);
  });
});

describe('waiting for caches', () => {
  test('ends when all have their list', async () => {
    const first = here.start();
    const second = here.start({ namespaces: [] });
    expect(await whenSynced([first.reflector, second.reflector], here.stop.signal)).toBe(true);
  });

  test('ends without success when everything stops', async () => {
    await here.api.down();
    const { reflector } = here.start();
    const waiting = whenSynced([reflector], here.stop.signal);
    here.stop.abort();
    expect(await waiting).toBe(false);
    await here.api.up();
  });
});
