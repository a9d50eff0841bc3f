// SPDX-License-Identifier: Apache-2.0
import { Counter, Registry } from '@prometheus-io/client';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cachesSynced, queueMoves, watchesMove } from '../../../operator/kube/health.ts';
import {
  electorMetrics,
  queueDepths,
  queueMetrics,
  reflectorMetrics,
  reflectorSizes,
  requestMetrics,
} from '../../../operator/kube/metrics.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { serve, type ServeOptions, type Serving } from '../../../operator/kube/serve.ts';
import { FakeClock } from './fake-clock.ts';
import { WIDGET } from './loopback-api.ts';

let registry: Registry;
let stop: AbortController;
let serving: Serving;

beforeEach(() => {
  registry = new Registry();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await serving?.closed;
});

async function start(options: Partial<ServeOptions> = {}): Promise<void> {
  serving = await serve({ host: '127.0.0.1', port: 0, registry, live: [], ready: [], ...options }, stop.signal);
}

async function ask(path: string, init?: RequestInit): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://127.0.0.1:${serving.port}${path}`, init);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

describe('the health server', () => {
  test('answers probes by all of their checks', async () => {
    let problem: string | undefined = 'not yet';
    await start({
      live: [{ name: 'loop', problem: () => undefined }],
      ready: [
        { name: 'loop', problem: () => undefined },
        { name: 'caches', problem: () => problem },
      ],
    });
    expect(await ask('/healthz')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: '[+] loop ok\n' });
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: '[+] loop ok\n[-] caches: not yet\n' });
    problem = undefined;
    expect(await ask('/readyz?verbose')).toMatchObject({ status: 200 });
  });

  test('serves metrics and pages of its own', async () => {
    new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
    await start({ pages: { '/status': async () => ({ contentType: 'application/json', body: '{"ok":true}' }) } });
    expect(await ask('/metrics')).toMatchObject({
      status: 200,
      type: registry.contentType,
      body: expect.stringContaining('things_total 3'),
    });
    expect(await ask('/status')).toEqual({ status: 200, type: 'application/json', body: '{"ok":true}' });
    expect(await ask('/status', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test('says what it has where it is asked for something else', async () => {
    await start();
    expect(await ask('/')).toMatchObject({
      status: 404,
      body: 'nothing is here; there is: /healthz /readyz /metrics\n',
    });
    expect(await ask('/metrics', { method: 'POST', body: 'x' })).toMatchObject({ status: 405 });
  });

  test('a page that fails is a 500 with its message, and the server goes on', async () => {
    const fails = (): never => {
      throw new Error('the engine does not answer');
    };
    await start({ pages: { '/status': async () => fails(), '/sync': fails } });
    expect(await ask('/status')).toMatchObject({ status: 500, body: 'the engine does not answer\n' });
    expect(await ask('/sync')).toMatchObject({ status: 500 });
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  test('ends with its signal, idle and half-open connections included', async () => {
    await start();
    await ask('/healthz');
    const idle = connect(serving.port, '127.0.0.1');
    await new Promise<void>((resolve) => idle.write('GET /heal', () => resolve()));
    const gone = new Promise((resolve) => idle.on('close', resolve).on('error', () => undefined));
    stop.abort();
    await Promise.all([serving.closed, gone]);
    await expect(ask('/healthz')).rejects.toThrow('fetch failed');
  });

  test('says which address it cannot have', async () => {
    await start();
    await expect(
      serve({ host: '127.0.0.1', port: serving.port, registry, live: [], ready: [] }, stop.signal),
    ).rejects.toThrow(/EADDRINUSE.*127\.0\.0\.1/);
  });
});

describe('checks', () => {
  test('watches are alive while any of them moves', async () => {
    const clock = new FakeClock();
    const reflectors = [{ movedAt: 0 }, { movedAt: 0 }];
    const check = watchesMove(reflectors, clock);
    await clock.advance(299_000);
    expect(check.problem()).toBeUndefined();
    await clock.advance(2_000);
    expect(check.problem()).toBe('no watch has moved for 301 s');
    reflectors[1] = { movedAt: clock.now() };
    expect(watchesMove(reflectors, clock).problem()).toBeUndefined();
    expect(watchesMove([], clock).problem()).toBeUndefined();
  });

  test('a reconcile that does not end is stuck', () => {
    expect(queueMoves({ longestRunMs: () => 599_000 }).problem()).toBeUndefined();
    expect(queueMoves({ longestRunMs: () => 601_000 }).problem()).toBe('a reconcile has not ended for 601 s');
  });

  test('caches are ready when each has its list', () => {
    const kind = { ...WIDGET };
    expect(cachesSynced([{ kind, hasSynced: true }]).problem()).toBeUndefined();
    expect(
      cachesSynced([
        { kind, hasSynced: true },
        { kind: { ...kind, plural: 'gadgets' }, hasSynced: false },
      ]).problem(),
    ).toBe('not yet read from the API server: gadgets');
  });
});

test('the metrics of the runtime appear under the names that dashboards know', async () => {
  const request = requestMetrics(registry);
  request({ method: 'GET', code: 200, seconds: 0.02 });
  request({ method: 'GET', code: 0, seconds: 1 });
  const reflector = reflectorMetrics(registry);
  reflector.listed('Widget', 5);
  reflector.event('Widget', 'ADDED');
  reflector.failed('Widget', new KubeError({ code: 410, reason: '', message: '' }), 1);
  reflector.failed('Widget', new Error('reset'), 1);
  reflector.threw('Widget', 'a/one', new Error('no'));
  reflectorSizes(registry, [{ kind: WIDGET, size: 5 }]);
  const queue = queueMetrics(registry);
  queue.added('Widget');
  queue.started('Widget', 0.2);
  queue.finished('Widget', 0.3);
  queue.failed({ kind: 'Widget', key: 'a/one' }, new Error('no'), 1, 1);
  queueDepths(registry, { depths: () => new Map([['Widget', 7]]), longestRunMs: () => 1_500 });
  const elector = electorMetrics(registry, 'lease');
  elector.leading(true);
  elector.failed(new Error('no'));
  const lines = (await registry.metrics()).split('\n');
  for (const line of [
    'rest_client_requests_total{method="GET",code="200"} 1',
    'rest_client_requests_total{method="GET",code="<error>"} 1',
    'rest_client_request_duration_seconds_count{method="GET"} 2',
    'reflector_lists_total{kind="Widget"} 1',
    'reflector_watch_events_total{kind="Widget",type="ADDED"} 1',
    'reflector_failures_total{kind="Widget",code="410"} 1',
    'reflector_failures_total{kind="Widget",code="0"} 1',
    'reflector_handler_errors_total{kind="Widget"} 1',
    'reflector_objects{kind="Widget"} 5',
    'workqueue_adds_total{name="Widget"} 1',
    'workqueue_retries_total{name="Widget"} 1',
    'workqueue_queue_duration_seconds_sum{name="Widget"} 0.2',
    'workqueue_work_duration_seconds_sum{name="Widget"} 0.3',
    'workqueue_depth{name="Widget"} 7',
    'workqueue_longest_running_processor_seconds 1.5',
    'leader_election_master_status{name="lease"} 1',
    'leader_election_failures_total{name="lease"} 1',
  ])
    expect(lines).toContain(line);
});
