// SPDX-License-Identifier: Apache-2.0
// The list of questions that the operator answers, and the queues that they wait in.
import type { Logger } from 'pino';
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import { EventRecorder } from '../kube/events.ts';
import { WorkQueue, type QueueObserver } from '../kube/queue.ts';
import { GraphClient } from '../meta/graph.ts';
import type { Installation } from '../resources/build.ts';
import { mediaTemplateHash } from '../resources/media.ts';
import { GatewayController } from './gateway/reconcile.ts';
import { NumberController } from './number/reconcile.ts';
import { RouteController } from './route/reconcile.ts';
import { SettingsController } from './settings/reconcile.ts';
import { Applier } from './shared/applier.ts';
import type { Caches } from './shared/caches.ts';
import { AppliedSnapshots, Routing } from './shared/routing.ts';
import { StatusWriter } from './shared/status.ts';
import { wire, type Enqueue } from './shared/wiring.ts';

/** Meta is asked by few at once and, after trouble, not again at once. */
const META_CONCURRENCY = 4;
const META_BACKOFF = { baseMs: 2000, maxMs: 300_000 };

export interface ControllersOptions {
  client: KubeClient;
  caches: Caches;
  namespace: string;
  instance: string;
  installation: Installation;
  observer: QueueObserver;
  log: Logger;
}

/** Everything that only the leader does. */
export class Controllers {
  /** Questions about the cluster. */
  readonly cluster: WorkQueue;
  /** Questions to Meta, apart, because Meta may be slow. */
  readonly meta: WorkQueue;
  readonly #events: EventRecorder;
  readonly #graph = new GraphClient();

  constructor(options: ControllersOptions) {
    const { client, caches, namespace, log } = options;
    this.#events = new EventRecorder({
      client,
      controller: 'trunkline.dev/operator',
      instance: options.instance,
      onLost: ({ reason, note }, why) => log.warn({ reason, note, why }, 'event not recorded'),
    });
    const enqueue: Enqueue = {
      gateway: (key) => this.cluster.add({ kind: 'gateway', key }),
      number: (key) => this.cluster.add({ kind: 'number', key }),
      route: (key) => this.cluster.add({ kind: 'route', key }),
      settings: (key) => this.meta.add({ kind: 'settings', key }),
    };
    const applier = new Applier(client, systemClock);
    const routing = new Routing(caches, mediaTemplateHash(options.installation));
    const applied = new AppliedSnapshots((numbers) => numbers.forEach((name) => this.#reconsider(caches, `${namespace}/${name}`, enqueue)));
    const status = new StatusWriter({ client, events: this.#events, clock: systemClock });
    const shared = { client, caches, routing, applier, log };
    const settings = new SettingsController({
      ...shared,
      graph: this.#graph,
      events: this.#events,
      random: Math.random,
      onOutcome: (key) => this.#reconsider(caches, key, enqueue),
    });
    const gateway = new GatewayController({
      ...shared,
      applied,
      status,
      installation: options.installation,
      clock: systemClock,
    });
    const number = new NumberController({ caches, routing, applied, settings, status });
    const route = new RouteController({ caches, routing, applied, status });
    const questions: Record<string, (key: string, signal: AbortSignal) => Promise<number | void>> = {
      gateway: (key, signal) => gateway.reconcile(key, signal),
      number: (key) => number.reconcile(key),
      route: (key) => route.reconcile(key),
      settings: (key, signal) => settings.reconcile(key, signal),
    };
    const observer: QueueObserver = {
      ...options.observer,
      failed: (item, error, failures, retryMs) => {
        options.observer.failed?.(item, error, failures, retryMs);
        log.warn({ ...item, err: error, failures, retryMs: Math.round(retryMs) }, 'pass failed, it is tried again');
      },
    };
    const work: ConstructorParameters<typeof WorkQueue>[0]['work'] = async ({ kind, key }, signal) => questions[kind]?.(key, signal);
    this.cluster = new WorkQueue({ work, observer });
    this.meta = new WorkQueue({ work, observer, concurrency: META_CONCURRENCY, backoff: META_BACKOFF });
    wire({ caches, applier, namespace, enqueue });
  }

  /** Works until the signal aborts, and resolves when everything begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#events.run(signal), this.cluster.run(signal), this.meta.run(signal)]);
    await this.#graph.close();
  }

  /** Items that wait, by kind. */
  depths(): Map<string, number> {
    return new Map([...this.cluster.depths(), ...this.meta.depths()]);
  }

  longestRunMs(): number {
    return Math.max(this.cluster.longestRunMs(), this.meta.longestRunMs());
  }

  #reconsider(caches: Caches, key: string, enqueue: Enqueue): void {
    enqueue.number(key);
    for (const { metadata } of caches.routes.byIndex('number', key.split('/')[1] ?? key)) {
      enqueue.route(`${metadata.namespace}/${metadata.name}`);
    }
  }
}
