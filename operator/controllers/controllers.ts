// SPDX-License-Identifier: Apache-2.0
// The list of questions that the operator answers, and the queues that they wait in.
import type { Logger } from 'pino';
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import type { ReflectorObserver } from '../kube/reflector.ts';
import { EventRecorder } from '../kube/events.ts';
import { WorkQueue, type QueueObserver } from '../kube/queue.ts';
import { Budget, PERMISSIONS } from '../meta/budget.ts';
import { GraphClient } from '../meta/graph.ts';
import { Lookups } from '../meta/lookups.ts';
import type { RequestObserver } from '../meta/transport.ts';
import type { Answer, Door, Question } from '../permission/contract.ts';
import { PermissionDesk } from '../permission/desk.ts';
import type { Installation } from '../resources/build.ts';
import { GatewayController } from './gateway/reconcile.ts';
import { MediaController } from './media/reconcile.ts';
import { outdated } from './number/calls.ts';
import { NumberController } from './number/reconcile.ts';
import { ReachController } from './reach/reconcile.ts';
import { RouteController } from './route/reconcile.ts';
import { handleEvent, type EventTargets } from './settings/events.ts';
import { SecretReader } from './settings/secrets.ts';
import { PathView } from './settings/path.ts';
import { SettingsController } from './settings/reconcile.ts';
import { Applier } from './shared/applier.ts';
import type { Caches } from './shared/caches.ts';
import { AppliedSnapshots, Routing } from './shared/routing.ts';
import { gatewayEndpoint } from './shared/endpoint.ts';
import type { Enqueue } from './shared/enqueue.ts';
import { Health } from './shared/health.ts';
import { NamedSecrets } from './shared/namedsecrets.ts';
import { Pools } from './shared/pools.ts';
import { loadPasswords, Passwords } from './shared/passwords.ts';
import { Reconsider } from './shared/reconsider.ts';
import { StatusWriter } from './shared/status.ts';
import { Traffic } from './shared/traffic.ts';
import { RoutePasswords } from './shared/routepasswords.ts';
import { wire } from './shared/wiring.ts';
import { TracingController } from './tracing/reconcile.ts';

/** Meta is asked by few at once and, after trouble, not again at once. */
const META_CONCURRENCY = 8;
const META_BACKOFF = { baseMs: 2000, maxMs: 60_000 };

export interface ControllersOptions {
  client: KubeClient;
  caches: Caches;
  namespace: string;
  instance: string;
  installation: Installation;
  /** Where the proxies of a gateway ask this operator. */
  door: (gateway: string) => Door;
  observer: QueueObserver;
  /** Told of watches that only the leader has. */
  watchObserver: ReflectorObserver;
  /** Told of every request to Meta. */
  observeMeta?: RequestObserver;
  log: Logger;
}

/** Everything that only the leader does. */
export class Controllers {
  /** Questions about the cluster. */
  readonly cluster: WorkQueue;
  /** Questions to Meta, apart, because Meta may be slow. */
  readonly meta: WorkQueue;
  readonly #events: EventRecorder;
  readonly #secrets: NamedSecrets;
  readonly #beforeAll: () => Promise<void>;
  readonly #graph: GraphClient;
  readonly #targets: EventTargets;
  readonly #desk: PermissionDesk;

  constructor(options: ControllersOptions) {
    const { client, caches, namespace, log } = options;
    this.#events = recorder(options);
    const enqueue = enqueueing(this);
    const passwords = new Passwords();
    const routePasswords = new RoutePasswords();
    const reconsider = new Reconsider(caches, passwords, namespace, enqueue);
    const applier = new Applier(client, systemClock);
    const secrets = new NamedSecrets({ client, namespace, clock: systemClock, observer: options.watchObserver });
    const routing = new Routing({ caches, namespace, passwords, routePasswords, now: () => systemClock.now() });
    const applied = new AppliedSnapshots((numbers) => numbers.forEach((name) => reconsider.served(`${namespace}/${name}`)));
    const status = new StatusWriter({ client, events: this.#events, clock: systemClock });
    const look = (key: string): void => {
      settings.expire(key);
      enqueue.settings(key);
    };
    const traffic = counting({ caches, reconsider, enqueue, look });
    const health = new Health((targets) => reconsider.probed(targets));
    this.#targets = { numbers: () => caches.numbers.list(), look };
    const pools = new Pools((gateway) => enqueue.gateway(`${namespace}/${gateway}`));
    const reach = reaching(caches, reconsider, log);
    const budget = new Budget(() => systemClock.now());
    this.#graph = new GraphClient({ budget, ...(options.observeMeta ? { observe: options.observeMeta } : {}) });
    const path = new PathView({ caches, passwords, routing, applied, reach, traffic });
    const shared = { client, caches, secrets, passwords, routing, applier, clock: systemClock, log };
    const settings: SettingsController = new SettingsController({
      ...shared,
      graph: this.#graph,
      lookups: new Lookups(this.#graph, () => systemClock.now()),
      budget,
      events: this.#events,
      path,
      random: Math.random,
      onOutcome: (key) => reconsider.asked(key),
    });
    const { installation, door } = options;
    const gateway = new GatewayController({ ...shared, routePasswords, applied, traffic, health, pools, status, installation, door });
    const media = new MediaController({ ...shared, pools, events: this.#events, installation });
    const number = new NumberController({ ...shared, applied, settings, reach, path, traffic, status });
    const reader = new SecretReader(secrets);
    const route = new RouteController({ client, caches, secrets: reader, routePasswords, routing, applied, health, status });
    this.#desk = desk(options, reader);
    const tracing = new TracingController({ client, numbers: caches.numbers, events: this.#events, clock: systemClock });
    const questions: Record<string, (key: string, signal: AbortSignal) => Promise<number | void>> = {
      gateway: (key, signal) => gateway.reconcile(key, signal),
      media: (key, signal) => media.reconcile(key, signal),
      number: (key) => number.reconcile(key),
      route: (key) => route.reconcile(key),
      settings: (key, signal) => settings.reconcile(key, signal),
      reach: (endpoint, signal) => reach.reconcile(endpoint, signal),
      tracing: (key) => tracing.reconcile(key),
    };
    const observer = logging(options.observer, log);
    const work: ConstructorParameters<typeof WorkQueue>[0]['work'] = async ({ kind, key }, signal) => questions[kind]?.(key, signal);
    this.cluster = new WorkQueue({ work, observer });
    this.meta = new WorkQueue({ work, observer, concurrency: META_CONCURRENCY, backoff: META_BACKOFF });
    wire({ caches, secrets, passwords, routePasswords, applier, namespace, enqueue, look });
    this.#secrets = secrets;
    this.#beforeAll = () => loadPasswords({ secrets, caches, passwords, log });
  }

  /** Works until the signal aborts, and resolves when everything begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#beforeAll();
    await Promise.all([this.#events.run(signal), this.#secrets.run(signal), this.cluster.run(signal), this.meta.run(signal)]);
    await this.#graph.close();
  }

  /** An event of Meta's webhooks, in its envelope. Returns the keys of the numbers that are looked at because of it. */
  handleEvent(event: unknown): string[] {
    return handleEvent(event, this.#targets);
  }

  /** Whether a user permits a call that a proxy of a gateway is about to make. */
  permission(question: Question, gateway: string): Promise<Answer> {
    return this.#desk.answer(question, gateway);
  }

  /** Items that wait, by kind. */
  depths(): Map<string, number> {
    return new Map([...this.cluster.depths(), ...this.meta.depths()]);
  }

  longestRunMs(): number {
    return Math.max(this.cluster.longestRunMs(), this.meta.longestRunMs());
  }
}

const enqueueing = (queues: Pick<Controllers, 'cluster' | 'meta'>): Enqueue => ({
  gateway: (key) => queues.cluster.add({ kind: 'gateway', key }),
  media: (key) => queues.cluster.add({ kind: 'media', key }),
  number: (key, turn) => queues.cluster.add({ kind: 'number', key }, { first: turn === 'first' }),
  route: (key, turn) => queues.cluster.add({ kind: 'route', key }, { first: turn === 'first' }),
  settings: (key) => queues.meta.add({ kind: 'settings', key }),
  tracing: (key) => queues.cluster.add({ kind: 'tracing', key }),
  reach: (endpoint) => queues.meta.add({ kind: 'reach', key: endpoint }),
});

const recorder = ({ client, instance, log }: ControllersOptions): EventRecorder =>
  new EventRecorder({
    client,
    controller: 'trunkline.dev/operator',
    instance,
    // That all is well the conditions say too.
    onLost: ({ type, reason, note }, why) => log[type === 'Normal' ? 'debug' : 'warn']({ reason, note, why }, 'event not recorded'),
  });

/** With a client and a budget of its own: calls do not wait for settings. */
function desk({ caches, observeMeta, log }: ControllersOptions, secrets: SecretReader): PermissionDesk {
  const budget = new Budget(() => systemClock.now(), PERMISSIONS);
  const graph = new GraphClient({ budget, ...(observeMeta ? { observe: observeMeta } : {}) });
  return new PermissionDesk({ routes: caches.routes, numbers: caches.numbers, secrets, graph, budget, clock: systemClock, log });
}

/** Numbers are looked at where their calls are refused, and shown anew where they have others. */
function counting({ caches, reconsider, enqueue, look }: { caches: Caches; reconsider: Reconsider; enqueue: Enqueue; look: (key: string) => void }): Traffic {
  const traffic: Traffic = new Traffic(
    () => systemClock.now(),
    (gateway, digits) => reconsider.numbersOf(gateway, digits).forEach(look),
    (gateway) => outdated(caches.numbers.byIndex('gateway', gateway), (digits) => traffic.calls(gateway, digits)).forEach((key) => enqueue.number(key)),
  );
  return traffic;
}

const reaching = (caches: Caches, reconsider: Reconsider, log: Logger): ReachController =>
  new ReachController({
    isDialled: (endpoint) => isDialled(caches, endpoint),
    onVerdict: (endpoint) => reconsider.reached(endpoint),
    clock: systemClock,
    random: Math.random,
    log,
  });

/** Whether Meta is to dial HOST:PORT for some gateway or number. */
const isDialled = (caches: Caches, endpoint: string): boolean =>
  caches.gateways.list().some((gateway) => gatewayEndpoint(gateway) === endpoint) || caches.numbers.byIndex('endpoint', endpoint).length > 0;

/** Also logs what fails. */
const logging = (observer: QueueObserver, log: Logger): QueueObserver => ({
  ...observer,
  failed: (item, error, failures, retryMs) => {
    observer.failed?.(item, error, failures, retryMs);
    log.warn({ ...item, err: error, failures, retryMs: Math.round(retryMs) }, 'pass failed, it is tried again');
  },
});
