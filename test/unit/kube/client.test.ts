// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeClient } from '../../../operator/kube/client.ts';
import type { RequestObserver } from '../../../operator/kube/transport.ts';
import { collect } from './collect.ts';
import { until } from './eventually.ts';
import { FakeClock } from './fake-clock.ts';
import { answerJson, LoopbackApi, refuse, WIDGET, type Script } from './loopback-api.ts';

const ref = { namespace: 'a', name: 'one' };
const always = (): boolean => true;

let api: LoopbackApi;
let client: KubeClient;
let clock: FakeClock;
const finished: Parameters<RequestObserver>[0][] = [];

beforeEach(async () => {
  api = new LoopbackApi();
  await api.up();
  clock = new FakeClock();
  finished.length = 0;
  const connection = { ...api.connection, headers: async () => ({ authorization: 'Bearer secret' }) };
  client = new KubeClient(connection, { fieldManager: 'mine', clock, observe: (call) => finished.push(call) });
});

afterEach(async () => {
  await client.close();
  await api.down();
});

interface Heard {
  method: string;
  path: string;
  query: Record<string, string>;
  type: string | undefined;
  accept: string | undefined;
  authorization: string | undefined;
  body: unknown;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: string[] = [];
  for await (const chunk of request) chunks.push(String(chunk));
  return chunks.length > 0 ? JSON.parse(chunks.join('')) : undefined;
}

/** Runs a call against a server that answers with an object, and says what it heard. */
async function hear(call: () => Promise<unknown>): Promise<Heard> {
  const heard = Promise.withResolvers<Heard>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://x');
    const { 'content-type': type, accept, authorization } = request.headers;
    const body = await bodyOf(request);
    heard.resolve({
      method: request.method ?? '',
      path,
      query: Object.fromEntries(searchParams),
      type,
      accept,
      authorization,
      body,
    });
    answerJson(response, 200, { metadata: { name: 'one' } });
  };
  api.once(always, (request, response) => void answer(request, response));
  await call();
  return heard.promise;
}

const PATH = '/apis/example.com/v1/namespaces/a/widgets';
const WRITING = { fieldManager: 'mine', fieldValidation: 'Strict' };
const object = { metadata: ref, spec: { size: 1 } };
const sent = { apiVersion: 'example.com/v1', kind: 'Widget', ...object };

describe('what a call sends', () => {
  test('get', async () => {
    expect(await hear(() => client.get(WIDGET, ref))).toMatchObject({
      method: 'GET',
      path: `${PATH}/one`,
      query: {},
      accept: 'application/json',
      authorization: 'Bearer secret',
      body: undefined,
    });
  });

  test('create', async () => {
    const expected = { method: 'POST', path: PATH, query: WRITING, type: 'application/json', body: sent };
    expect(await hear(() => client.create(WIDGET, object))).toMatchObject(expected);
  });

  test('replace', async () => {
    const expected = { method: 'PUT', path: `${PATH}/one`, query: WRITING, type: 'application/json', body: sent };
    expect(await hear(() => client.replace(WIDGET, object))).toMatchObject(expected);
  });

  test('apply', async () => {
    const expected = { method: 'PATCH', path: `${PATH}/one`, type: 'application/apply-patch+yaml', body: sent };
    expect(await hear(() => client.apply(WIDGET, object))).toMatchObject({
      ...expected,
      query: { ...WRITING, force: 'true' },
    });
    expect(await hear(() => client.apply(WIDGET, object, { force: false }))).toMatchObject({
      query: { ...WRITING, force: 'false' },
    });
  });

  test('apply of status, under a manager of its own', async () => {
    const expected = { method: 'PATCH', path: `${PATH}/one/status`, type: 'application/apply-patch+yaml', body: sent };
    expect(await hear(() => client.applyStatus(WIDGET, object))).toMatchObject({
      ...expected,
      query: { fieldManager: 'mine-status', fieldValidation: 'Strict', force: 'true' },
    });
  });

  test('merge patch', async () => {
    const patch = { metadata: { finalizers: null } };
    const expected = {
      method: 'PATCH',
      path: `${PATH}/one`,
      query: WRITING,
      type: 'application/merge-patch+json',
      body: patch,
    };
    expect(await hear(() => client.mergePatch(WIDGET, ref, patch))).toMatchObject(expected);
  });

  test('delete, of this very object', async () => {
    const options = { uid: 'u', resourceVersion: '5', propagation: 'Foreground', gracePeriodSeconds: 0 } as const;
    expect(await hear(() => client.delete(WIDGET, ref, options))).toMatchObject({
      method: 'DELETE',
      path: `${PATH}/one`,
      body: {
        kind: 'DeleteOptions',
        preconditions: { uid: 'u', resourceVersion: '5' },
        propagationPolicy: 'Foreground',
        gracePeriodSeconds: 0,
      },
    });
  });

  test('text of any path', async () => {
    const heard = await hear(async () =>
      expect(await client.getText('/api/v1/namespaces/a/pods/x:80/proxy/status')).toContain('one'),
    );
    expect(heard).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/a/pods/x:80/proxy/status', accept: '*/*' });
  });

  test('list and watch of metadata only', async () => {
    const selection = { namespace: 'a', labelSelector: 'x=y', fieldSelector: 'metadata.name=one', metadataOnly: true };
    const accepts: unknown[] = [];
    const listen =
      (body: unknown): Script =>
      (request, response) => {
        accepts.push(request.headers.accept, new URL(request.url ?? '', 'http://x').searchParams.get('labelSelector'));
        answerJson(response, 200, body);
      };
    const partial = {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'PartialObjectMetadata',
      metadata: { name: 'one', namespace: 'a', resourceVersion: '5' },
    };
    api.once(always, listen({ metadata: { resourceVersion: '5' }, items: [partial] }));
    const { items } = await client.list(WIDGET, selection);
    api.once(always, (request, response) => {
      accepts.push(request.headers.accept, new URL(request.url ?? '', 'http://x').searchParams.get('fieldSelector'));
      response.end(`${JSON.stringify({ type: 'ADDED', object: partial })}\n`);
    });
    const events = await collect(
      client.watch(WIDGET, { ...selection, resourceVersion: '5', signal: new AbortController().signal }),
    );
    const own = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: partial.metadata };
    expect(items).toEqual([own]);
    expect(events).toEqual([{ type: 'ADDED', object: own, resourceVersion: '5' }]);
    expect(accepts).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'x=y',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      'metadata.name=one',
    ]);
  });
});

describe('what a call that fails throws', () => {
  test("the server's refusal, with how long to stay away", async () => {
    api.once(always, refuse(429, 'TooManyRequests', 'slow down', { 'retry-after': '3' }));
    await expect(client.get(WIDGET, ref)).rejects.toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: 'slow down',
      retryAfterMs: 3_000,
    });
  });

  test('nothing for an object that is looked for and is not there', async () => {
    api.once(always, refuse(404, 'NotFound', 'not found'));
    expect(await client.find(WIDGET, ref)).toBeUndefined();
    api.once(always, refuse(403, 'Forbidden', 'no'));
    await expect(client.find(WIDGET, ref)).rejects.toMatchObject({ code: 403 });
  });

  test('who was called and what the network said, where there was no answer', async () => {
    await api.down();
    await expect(client.get(WIDGET, ref)).rejects.toMatchObject({
      code: 0,
      reason: 'Unreachable',
      message: expect.stringMatching(
        /^GET \/apis\/example\.com\/v1\/namespaces\/a\/widgets\/one: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
      ),
    });
    await api.up();
  });

  test('a cut in the middle of an answer is no answer', async () => {
    api.once(always, (_request, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('{"metadata"', () => response.destroy());
    });
    await expect(client.get(WIDGET, ref)).rejects.toMatchObject({ code: 0, reason: 'Unreachable' });
  });

  test("a time-out when there is no answer in time, and the limit is the caller's to set", async () => {
    const held = Promise.withResolvers<void>();
    api.once(always, () => held.resolve());
    const call = client.get(WIDGET, ref, { timeoutMs: 5_000 }).catch((error: unknown) => error);
    await held.promise;
    await clock.advance(4_999);
    await clock.advance(1);
    expect(await call).toMatchObject({
      code: 0,
      reason: 'Timeout',
      message: expect.stringMatching(/: no answer within 5 s$/),
    });
    expect(clock.pending).toBe(0);
  });

  test("the caller's own reason when the caller gives up", async () => {
    const held = Promise.withResolvers<void>();
    api.once(always, () => held.resolve());
    const abort = new AbortController();
    const call = client.get(WIDGET, ref, { signal: abort.signal });
    await held.promise;
    abort.abort(new Error('shutting down'));
    await expect(call).rejects.toThrow('shutting down');
    await expect(client.get(WIDGET, ref, { signal: abort.signal })).rejects.toThrow('shutting down');
  });

  test.each([
    ['<html>', 'JSON'],
    ['[]', 'an object'],
    ['{"kind":"Status"}', 'an object'],
  ])('%s is not the API server speaking', async (text, expected) => {
    api.once(always, (_request, response) => void response.end(text));
    await expect(client.get(WIDGET, ref)).rejects.toMatchObject({
      reason: 'Unreadable',
      message: expect.stringContaining(`the answer is not ${expected}`),
    });
  });

  test.each([
    '{"items":[]}',
    '{"metadata":{"resourceVersion":"1"},"items":{}}',
    '{"metadata":{"resourceVersion":"1"},"items":[{}]}',
  ])('%s is not a list', async (text) => {
    api.once(always, (_request, response) => void response.end(text));
    await expect(client.list(WIDGET)).rejects.toMatchObject({
      message: expect.stringContaining('the answer is not a list'),
    });
  });

  test('a sentence about a call that cannot be meant, before anything is sent', async () => {
    await expect(client.get(WIDGET, { name: 'one' })).rejects.toThrow('Widget "one" needs a namespace');
    expect(api.requests).toEqual([]);
  });
});

describe('lists', () => {
  test('begin again when their version is compacted away between two pages', async () => {
    for (let i = 0; i < 501; i += 1) api.put(`a/w${i}`);
    api.once((url) => url.includes('continue='), refuse(410, 'Expired', 'the provided continue parameter is too old'));
    const { items, resourceVersion } = await client.list(WIDGET);
    expect(items).toHaveLength(501);
    expect(resourceVersion).toBe('511');
    expect(api.requests).toHaveLength(4);
  });
});

describe('connections', () => {
  test('are used again, and no more than a few are opened', async () => {
    const sockets = new Set<unknown>();
    const count: Script = (request, response) => {
      sockets.add(request.socket);
      answerJson(response, 200, { metadata: { name: 'one' } });
    };
    for (let i = 0; i < 300; i += 1) api.once(always, count);
    for (let i = 0; i < 100; i += 1) await client.get(WIDGET, ref);
    expect(sockets.size).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 200 }, () => client.get(WIDGET, ref)));
    expect(sockets.size).toBeLessThanOrEqual(16);
  });

  test('watches never stand in the way of requests', async () => {
    const abort = new AbortController();
    const open = async (): Promise<void> => {
      for await (const event of client.watch(WIDGET, { resourceVersion: '10', signal: abort.signal }))
        expect(event).toBeUndefined();
    };
    const watches = Array.from({ length: 40 }, () => open().catch((error: unknown) => error));
    await until(() => api.watches === 40);
    expect((await client.list(WIDGET)).items).toEqual([]);
    abort.abort(new Error('enough'));
    expect(await Promise.all(watches)).toEqual(Array.from({ length: 40 }, () => new Error('enough')));
    await until(() => api.watches === 0);
  });

  test('every finished request is told to the observer, with its status', async () => {
    await client.list(WIDGET);
    api.once(always, refuse(404, 'NotFound', 'no'));
    await client.find(WIDGET, ref);
    await api.down();
    await client.find(WIDGET, ref).catch(() => undefined);
    await api.up();
    expect(finished.map(({ method, code }) => `${method} ${code}`)).toEqual(['GET 200', 'GET 404', 'GET 0']);
  });
});
