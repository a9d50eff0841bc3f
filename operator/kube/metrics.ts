// SPDX-License-Identifier: Apache-2.0
// Where client-go has a metric for the same thing it goes by the same name here: dashboards and alerts for those are
// everywhere.
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import type { ElectorObserver } from './elector.ts';
import { KubeError } from './errors.ts';
import type { QueueObserver, WorkQueue } from './queue.ts';
import type { Reflector, ReflectorObserver } from './reflector.ts';
import type { RequestObserver } from './transport.ts';

const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** Counts and times requests to the API server. */
export function requestMetrics(registry: Registry): RequestObserver {
  const registers = [registry];
  const total = new Counter({
    name: 'rest_client_requests_total',
    registers,
    labelNames: ['method', 'code'],
    help: 'Requests to the API server by method and HTTP status; "<error>" where there was no answer.',
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    registers,
    labelNames: ['method'],
    buckets: BUCKETS,
    help: 'How long requests to the API server took.',
  });
  return ({ method, code, seconds }) => {
    total.inc({ method, code: code === 0 ? '<error>' : String(code) });
    duration.observe({ method }, seconds);
  };
}

/** Counts what the reflectors of a process go through; one observer for all of them. */
export function reflectorMetrics(registry: Registry): Required<ReflectorObserver> {
  const registers = [registry];
  const lists = new Counter({
    name: 'reflector_lists_total',
    registers,
    labelNames: ['kind'],
    help: 'Lists read from the API server.',
  });
  const events = new Counter({
    name: 'reflector_watch_events_total',
    registers,
    labelNames: ['kind', 'type'],
    help: 'Events and bookmarks that watches delivered.',
  });
  const failures = new Counter({
    name: 'reflector_failures_total',
    registers,
    labelNames: ['kind', 'code'],
    help: 'Lists and watches that failed, by HTTP status; 0 where the connection was cut, refused or silent.',
  });
  const threw = new Counter({
    name: 'reflector_handler_errors_total',
    registers,
    labelNames: ['kind'],
    help: 'Changes at which a subscriber threw.',
  });
  return {
    listed: (kind) => lists.inc({ kind }),
    event: (kind, type) => events.inc({ kind, type }),
    failed: (kind, error) => failures.inc({ kind, code: error instanceof KubeError ? String(error.code) : '0' }),
    threw: (kind) => threw.inc({ kind }),
  };
}

/** Shows how many objects reflectors hold, as it is whenever the metrics are read. */
export function reflectorSizes(
  registry: Registry,
  reflectors: readonly Pick<Reflector<unknown>, 'kind' | 'size'>[],
): void {
  registry.registerMetric(
    new Gauge({
      name: 'reflector_objects',
      registers: [],
      labelNames: ['kind'],
      help: 'Objects held in memory.',
      collect() {
        for (const { kind, size } of reflectors) this.set({ kind: kind.kind }, size);
      },
    }),
  );
}

/** Counts and times the work of a queue. The label `name` is the kind. */
export function queueMetrics(registry: Registry): Required<QueueObserver> {
  const registers = [registry];
  const labelNames = ['name'] as const;
  const adds = new Counter({ name: 'workqueue_adds_total', registers, labelNames, help: 'Items added.' });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    registers,
    labelNames,
    help: 'Runs that failed and are tried again.',
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    registers,
    labelNames,
    buckets: BUCKETS,
    help: 'How long items waited for work.',
  });
  const took = new Histogram({
    name: 'workqueue_work_duration_seconds',
    registers,
    labelNames,
    buckets: BUCKETS,
    help: 'How long work on an item took.',
  });
  return {
    added: (name) => adds.inc({ name }),
    started: (name, seconds) => waited.observe({ name }, seconds),
    finished: (name, seconds) => took.observe({ name }, seconds),
    failed: ({ kind: name }) => retries.inc({ name }),
  };
}

/** Shows how much a queue has before it, as it is whenever the metrics are read. */
export function queueDepths(registry: Registry, queue: Pick<WorkQueue, 'depths' | 'longestRunMs'>): void {
  registry.registerMetric(
    new Gauge({
      name: 'workqueue_depth',
      registers: [],
      labelNames: ['name'],
      help: 'Items waiting for work.',
      collect() {
        for (const [name, depth] of queue.depths()) this.set({ name }, depth);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'workqueue_longest_running_processor_seconds',
      registers: [],
      help: 'How long the longest run in progress has taken.',
      collect() {
        this.set(queue.longestRunMs() / 1000);
      },
    }),
  );
}

/** Shows whether this process leads. The label `name` is the Lease. */
export function electorMetrics(registry: Registry, name: string): Required<ElectorObserver> {
  const registers = [registry];
  const status = new Gauge({
    name: 'leader_election_master_status',
    registers,
    labelNames: ['name'],
    help: '1 while this process leads.',
  });
  const failures = new Counter({
    name: 'leader_election_failures_total',
    registers,
    labelNames: ['name'],
    help: 'Attempts to read or write the Lease that failed.',
  });
  status.set({ name }, 0);
  return { leading: (is) => status.set({ name }, is ? 1 : 0), failed: () => failures.inc({ name }) };
}
