// SPDX-License-Identifier: Apache-2.0
// Question: does this gateway have as many media pods as its calls need, and which of them may go?
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { SipGateway } from '../../api/sipgateway.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { refOf } from '../../kube/objects.ts';
import { buildMedia, BUSY, IDLE, mediaTemplateHash } from '../../resources/media.ts';
import { buildMediaService } from '../../resources/mediaservice.ts';
import type { Installation } from '../../resources/build.ts';
import { audioOf, freeSlot, portsOf, slotOf, type Neighbour } from '../../resources/mediaports.ts';
import { BUSY_LABEL, DRAIN, REMOVED, TAKEN_IN } from '../../resources/names.ts';
import { NO_MEMORY, type Memory } from '../../scaling/demand.ts';
import { plan, type Plan } from '../../scaling/decide.ts';
import type { MediaPod } from '../../scaling/pod.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import { balancedAt, isExposed, mediaAddress, surroundingsIn } from '../shared/mediaaddress.ts';
import * as kinds from '../shared/kinds.ts';
import { isComponent, isCordoned, troubleOf, type Pod } from '../shared/observed.ts';
import type { Pools } from '../shared/pools.ts';
import { ignoreNotFound, refusalOf } from '../shared/refusal.ts';
import * as say from './events.ts';
import { askProxies, toMediaPod, toTakeIn } from './gather.ts';
import { Idle } from './idle.ts';
import { Offers } from './offers.ts';
import { policyOf, rolloutProblem } from './policy.ts';

/** Calls may come quickly. */
const LOOK_MS = 1000;
/** A created pod that the cache does not show after this long was deleted at once. */
const CACHE_LAG_MS = 10_000;
/** Engines take in new relays only so often, and need a moment for it. */
const TAKE_IN_MS = 10_000;
const HEAR_MS = 3000;
/** Pods that take longer to start than this are not waited for in what is expected. */
const LONGEST_START_MS = 120_000;

/** Why no media pod can be made on the network of nodes. */
const NO_PORTS = 'every part of spec.media.ports has ports that media pods on the network of nodes use by another division of them: give this gateway other ports, or wait until they are gone';

export interface MediaControllerOptions {
  client: Pick<KubeClient, 'create' | 'delete' | 'mergePatch'>;
  caches: Pick<Caches, 'gateways' | 'pods' | 'services' | 'nodes'>;
  applier: Pick<Applier, 'apply'>;
  pools: Pools;
  events: Pick<EventRecorder, 'record'>;
  clock: Clock;
  installation: Installation;
  log: Logger;
}

/** What is kept of a gateway between two looks. */
interface Kept {
  memory: Memory;
  offers: Offers;
  idle: Idle;
  /** Pods just created, by name, with the time and their ports: until the cache shows them others must not follow. */
  created: Map<string, { at: number; ports: Neighbour }>;
  /** What was wrong with how a rollout was to be paused. */
  problem: string | undefined;
}

export class MediaController {
  readonly #options: MediaControllerOptions;
  /** By the gateway's key. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: MediaControllerOptions) {
    this.#options = options;
  }

  /** One look at one gateway's media pods; returns when to look again. */
  async reconcile(key: string, signal: AbortSignal): Promise<number | void> {
    const { caches, pools, clock, installation } = this.#options;
    const gateway = caches.gateways.get(key);
    if (!gateway || gateway.metadata.deletionTimestamp) {
      pools.forget(refOf(key).name);
      this.#kept.delete(key);
      return;
    }
    const { name } = gateway.metadata;
    const kept = this.#keptOf(key);
    this.#tellOfRollout(gateway, kept);
    const reports = await askProxies(caches.pods.byIndex('gateway', name), signal);
    // As they are now: a question takes its time.
    const objects = caches.pods.byIndex('gateway', name).filter((pod) => isComponent(pod, 'media'));
    const tick = clock.now();
    kept.offers.observe(objects.map(({ metadata }) => metadata.name), reports, tick);
    const facts = {
      templateHash: mediaTemplateHash(gateway, installation),
      reports,
      wasOffered: (pod: string) => kept.offers.has(pod, tick),
      isCordoned: this.#isCordoned,
      now: clock.date().getTime(),
    };
    const pods = objects.map((pod) => ({ ...toMediaPod(pod, facts), told: mediaAddress(gateway, pod, surroundingsIn(caches)(pod)), trouble: troubleOf(pod) ?? this.#awaited(pod) }));
    const policy = policyOf(gateway);
    const leadMs = Math.min(Math.max(TAKE_IN_MS, ...objects.map(startOf)), LONGEST_START_MS) + HEAR_MS;
    const decided = plan([...pods, ...unseen(kept, objects, tick)], policy, { time: facts.now, tick, leadMs }, kept.memory);
    kept.memory = decided.memory;
    const refused = await this.#act(gateway, decided, { kept, pods, neighbours: this.#onNodes(kept) });
    const refusal = refused ?? (await this.#expose(gateway, objects));
    // One without an address could get no call.
    await this.#markTakenIn(gateway, toTakeIn(pods.filter(({ told }) => told), reports));
    await this.#markBusy(gateway, objects, kept.idle.observe(pods, tick));
    pools.set(name, { pods, policy, needed: decided.needed, refusal });
    return LOOK_MS;
  }

  /** Once for each mistake. */
  #tellOfRollout(gateway: SipGateway, kept: Kept): void {
    const problem = rolloutProblem(gateway);
    if (problem && problem !== kept.problem) this.#tell(gateway, say.unknownRollout(problem));
    kept.problem = problem;
  }

  /** Media pods of all gateways that share the addresses of nodes. */
  #onNodes({ created }: Kept): Neighbour[] {
    const shared = this.#options.caches.pods.list().filter((pod) => isComponent(pod, 'media') && pod.spec.hostNetwork);
    const unseenYet = [...created.values()].map(({ ports }) => ports);
    return [...unseenYet, ...shared.map((pod) => ({ slot: slotOf(pod), audio: audioOf(pod) }))];
  }

  /** What a pod waits for that has come up. */
  #awaited(pod: Pod): string | undefined {
    const { service } = surroundingsIn(this.#options.caches)(pod);
    if (!isExposed(pod) || balancedAt(service) !== undefined) return undefined;
    const named = service?.status.loadBalancer.ingress.find(({ hostname }) => hostname)?.hostname;
    return `Service ${pod.metadata.name} ${named ? `was given the name ${named} by its load balancer; media needs an IPv4 address` : 'has no address of a load balancer yet'}`;
  }

  #isCordoned = (name: string): boolean => {
    const node = this.#options.caches.nodes?.get(name);
    return node !== undefined && isCordoned(node);
  };

  /** Keeps the Services of pods that have one of their own. Returns why one could not be made. */
  async #expose(gateway: SipGateway, pods: readonly Pod[]): Promise<string | undefined> {
    let refusal: string | undefined;
    for (const pod of pods) {
      if (!isExposed(pod) || pod.metadata.deletionTimestamp) continue;
      const manifest = buildMediaService(gateway, pod.metadata, audioOf(pod));
      refusal ??= await refusalOf(kinds.SERVICE, manifest, async () => void (await this.#options.applier.apply(kinds.SERVICE, manifest)));
    }
    return refusal;
  }

  /** From then on the proxies give them calls. */
  async #markTakenIn(gateway: SipGateway, pods: readonly MediaPod[]): Promise<void> {
    for (const { name } of pods) await this.#patch(gateway, name, { annotations: { [TAKEN_IN]: 'true' } });
  }

  /** Tells those who empty nodes which pods have calls. */
  async #markBusy(gateway: SipGateway, pods: readonly Pod[], idle: ReadonlySet<string>): Promise<void> {
    for (const { metadata: { name, labels, deletionTimestamp } } of pods) {
      const isMarked = labels[BUSY_LABEL] === 'true';
      if (!deletionTimestamp && isMarked === idle.has(name)) await this.#patch(gateway, name, isMarked ? IDLE : BUSY);
    }
  }

  #keptOf(key: string): Kept {
    const kept = this.#kept.get(key) ?? { memory: NO_MEMORY, offers: new Offers(), idle: new Idle(), created: new Map(), problem: undefined };
    this.#kept.set(key, kept);
    return kept;
  }

  /** Returns why a pod could not be made. */
  async #act(gateway: SipGateway, decided: Plan, { kept, pods, neighbours }: { kept: Kept; pods: readonly MediaPod[]; neighbours: Neighbour[] }): Promise<string | undefined> {
    const of = (name: string): MediaPod | undefined => pods.find((pod) => pod.name === name);
    for (const name of decided.undrain) {
      await this.#patch(gateway, name, { annotations: { [DRAIN.since]: null, [DRAIN.reason]: null } });
      this.#tell(gateway, say.takenBack(name));
    }
    for (const drain of decided.drain) {
      const annotations = { [DRAIN.since]: this.#options.clock.date().toISOString(), [DRAIN.reason]: drain.reason };
      await this.#patch(gateway, drain.name, { annotations });
      this.#tell(gateway, say.draining(drain, of(drain.name)?.load));
    }
    for (const remove of decided.remove) {
      const { namespace } = gateway.metadata;
      // It has waited already; one that is empty stays for as long as the proxies need to forget it.
      const gracePeriodSeconds = remove.calls > 0 ? 1 : 30;
      await this.#options.client.delete(kinds.POD, { namespace, name: remove.name }, { gracePeriodSeconds }).catch(ignoreNotFound);
      // Only now, when nothing can take it back any more.
      await this.#patch(gateway, remove.name, { annotations: { [REMOVED]: 'true' } });
      this.#tell(gateway, say.removed(remove, of(remove.name)?.health ?? 'ended'));
    }
    return this.#create(gateway, decided, kept, neighbours);
  }

  async #create(gateway: SipGateway, decided: Plan, { created }: Kept, neighbours: Neighbour[]): Promise<string | undefined> {
    const { client, clock, installation } = this.#options;
    const made: string[] = [];
    let refusal: string | undefined;
    while (made.length < decided.create && !refusal) {
      const slot = freeSlot(gateway, neighbours);
      if (slot === undefined) return NO_PORTS;
      const ports = { slot, audio: portsOf(gateway, slot) };
      const manifest = buildMedia(gateway, installation, randomBytes(3).toString('hex'), slot);
      neighbours.push(ports);
      refusal = await refusalOf(kinds.POD, manifest, async () => {
        await client.create(kinds.POD, manifest);
        created.set(manifest.metadata.name, { at: clock.now(), ports });
        made.push(manifest.metadata.name);
      });
    }
    if (made.length > 0) this.#tell(gateway, say.scaledOut(made, decided, policyOf(gateway)));
    return refusal;
  }

  async #patch({ metadata: { namespace } }: SipGateway, name: string, metadata: object): Promise<void> {
    await this.#options.client.mergePatch(kinds.POD, { namespace, name }, { metadata }).catch(ignoreNotFound);
  }

  #tell(gateway: SipGateway, event: say.MediaEvent): void {
    const { apiVersion, kind, metadata: { name, namespace, uid } } = gateway;
    this.#options.log.info({ gateway: name, reason: event.reason }, event.note);
    this.#options.events.record({ regarding: { apiVersion, kind, metadata: { name, namespace, uid } }, action: 'Scale', ...event });
  }
}

/** Pods that were created and that the cache does not show yet. */
function unseen({ created }: Kept, pods: readonly Pod[], tick: number): MediaPod[] {
  for (const [name, { at }] of created) if (tick - at > CACHE_LAG_MS || pods.some(({ metadata }) => metadata.name === name)) created.delete(name);
  return [...created.keys()].map((name) => ({ name, createdAt: Infinity, isCurrent: true, isTakenIn: false, isCordoned: false, health: 'starting', drain: undefined, isOffered: false, load: undefined }));
}

/** How long it took until a pod's container ran, in milliseconds; 0 where that is not known, or where it ran before. */
function startOf({ metadata, status: { containerStatuses } }: Pod): number {
  const [container] = containerStatuses;
  if (!container?.state.running || container.restartCount > 0) return 0;
  return Math.max(0, Date.parse(container.state.running.startedAt) - Date.parse(metadata.creationTimestamp)) || 0;
}
