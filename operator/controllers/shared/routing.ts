// SPDX-License-Identifier: Apache-2.0
import { callsFor, type SipGateway } from '../../api/sipgateway.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { SipRoute } from '../../api/siproute.ts';
import { keyOf, refOf } from '../../kube/objects.ts';
import { versions } from '../../kube/replica.ts';
import { audioOf, portsOf, sizeOf, slotOf } from '../../resources/mediaports.ts';
import { COMPONENT_LABEL, DRAIN, mediaIdOf, REMOVED, TAKEN_IN } from '../../resources/names.ts';
import { judgeNumber, type NumberVerdict } from '../../routing/numbers.ts';
import { judgeRoute, type RouteVerdict } from '../../routing/routes.ts';
import { changedNumbers, entryOf, type MediaRelay, type NumberEntry, type Snapshot } from '../../routing/snapshot.ts';
import { translate } from '../../routing/translate.ts';
import type { RoutingView } from '../../routing/view.ts';
import type { Caches } from './caches.ts';
import { Entries } from './entries.ts';
import type { Passwords } from './passwords.ts';
import { Paced } from './paced.ts';
import { onlyStatusChanged, traceChanged } from './spec.ts';
import type { RoutePasswords } from './routepasswords.ts';
import { insideAddress, insideService } from './insideaddress.ts';
import { addressesOf, isExposed, mediaAddress, surroundingsIn, type Surroundings } from './mediaaddress.ts';
import { isAlive, isComponent, isReady, type Pod } from './observed.ts';

/** What routing needs of a copy. */
type Copy<C extends { get: unknown; byIndex: unknown; subscribe: unknown }> = Pick<C, 'get' | 'byIndex' | 'subscribe'>;

export interface RoutingOptions {
  caches: { [K in 'gateways' | 'numbers' | 'routes' | 'pods' | 'services']: Copy<Caches[K]> } & { nodes?: Pick<NonNullable<Caches['nodes']>, 'get' | 'subscribe'> | undefined };
  namespace: string;
  passwords: Passwords;
  routePasswords: RoutePasswords;
  now: () => number;
}

/** Routing as the caches have it now. Snapshots are made anew only after something changed, and not all the time. */
export class Routing {
  readonly #view: RoutingView;
  readonly #entries: Entries;
  readonly #now: () => number;
  readonly #snapshots = new Map<string, Paced<Snapshot>>();

  /**
   * @param now a clock in milliseconds
   */
  constructor({ caches, namespace, passwords, routePasswords, now }: RoutingOptions) {
    this.#view = viewOf({ caches, namespace, passwords, routePasswords });
    this.#entries = new Entries(this.#view);
    this.#now = now;
    const stale = (): void => {
      for (const snapshot of this.#snapshots.values()) snapshot.stale();
    };
    passwords.subscribe((number) => {
      this.#entries.numberNamed(number);
      stale();
    });
    routePasswords.subscribe((route) => {
      // The route may be another by now than when its passwords were asked for.
      const known = caches.routes.get(keyOf(route.metadata));
      this.#entries.routeChanged(route, ...(known ? [known] : []));
      stale();
    });
    caches.gateways.subscribe((change) => {
      if (onlyStatusChanged(change)) return;
      this.#entries.gatewayChanged(refOf(change.key).name);
      stale();
    });
    caches.numbers.subscribe((change) => {
      if (onlyStatusChanged(change) && !traceChanged(change)) return;
      this.#entries.numberChanged(...versions(change));
      stale();
    });
    caches.routes.subscribe((change) => {
      if (onlyStatusChanged(change)) return;
      this.#entries.routeChanged(...versions(change));
      stale();
    });
    // Each kubelet writes to its node again and again.
    caches.nodes?.subscribe((change) => {
      const [before, after] = versions(change);
      if (addressesOf(before) !== addressesOf(after)) stale();
    });
    caches.services.subscribe(stale);
    caches.pods.subscribe((change) => {
      if (change.type !== 'upsert' || change.object.metadata.labels[COMPONENT_LABEL] === 'media') stale();
    });
  }

  /** What a gateway's proxies are to serve; undefined where there is no such gateway. */
  snapshot(name: string): Snapshot | undefined {
    const gateway = this.#view.gateway(name);
    if (!gateway) {
      this.#snapshots.delete(name);
      return undefined;
    }
    const paced = this.#snapshots.get(name) ?? new Paced(() => this.#translate(this.#view.gateway(name) ?? gateway), this.#now);
    this.#snapshots.set(name, paced);
    return paced.value;
  }

  /** Milliseconds until a gateway's snapshot may have what has changed since it was made; undefined where it has all. */
  waitMs(name: string): number | undefined {
    return this.#snapshots.get(name)?.waitMs;
  }

  number(number: WhatsAppNumber): NumberVerdict {
    return judgeNumber(this.#view, number);
  }

  route(route: SipRoute): RouteVerdict {
    return judgeRoute(this.#view, route);
  }

  /** A number as the snapshot of the gateway that it names is to have it; undefined where it is not to be served. */
  entry(number: WhatsAppNumber): NumberEntry | undefined {
    const gateway = number.spec.direct ? undefined : this.#view.gateway(number.spec.gatewayRef.name);
    return gateway && this.#entries.of(number.metadata.name, gateway);
  }

  #translate = (gateway: SipGateway): Snapshot => translate(this.#view, gateway, ({ metadata }) => this.#entries.of(metadata.name, gateway));
}

function viewOf({ caches, namespace, passwords, routePasswords }: Omit<RoutingOptions, 'now'>): RoutingView {
  return {
    gateway: (name) => caches.gateways.get(`${namespace}/${name}`),
    number: (name) => caches.numbers.get(`${namespace}/${name}`),
    numbersOf: (gateway) => numbersAt(caches, passwords, gateway),
    rivalsOf: ({ spec }) => [...new Set([spec.phoneNumber, spec.phoneNumberID].flatMap((value) => caches.numbers.byIndex('identity', value)))],
    routesOf: (number) => caches.routes.byIndex('number', number),
    ha1: (number, realm) => passwords.ha1(number, realm),
    proof: (number) => passwords.proof(number),
    password: (route, ref) => routePasswords.get(route, ref),
    insideAddress: (gateway) => insideAddress(gateway, insideService(gateway, caches.services)),
    media: (name) => {
      const gateway = caches.gateways.get(`${namespace}/${name}`);
      return gateway ? relaysOf(gateway, caches.pods.byIndex('gateway', name), surroundingsIn(caches)) : [];
    },
  };
}

/** Numbers that name a gateway, and those that Meta still dials it for although they have left it. */
export function numbersAt({ numbers }: Pick<RoutingOptions['caches'], 'numbers'>, passwords: Passwords, { metadata: { name, namespace }, spec }: SipGateway): WhatsAppNumber[] {
  const own = numbers.byIndex('gateway', name);
  const leaving = passwords.dialling(spec.hostname).difference(new Set(own.map(({ metadata }) => metadata.name)));
  return [...own, ...[...leaving].flatMap((number) => numbers.get(`${namespace}/${number}`) ?? [])];
}

/**
 * The relays of a gateway: also those that take no new calls, since a proxy must find the relay of each call that is up. One that
 * has an address is among them before it is ready, because engines take in relays only now and then.
 */
const relaysOf = (gateway: SipGateway, pods: readonly Pod[], surroundings: (pod: Pod) => Surroundings): MediaRelay[] =>
  pods
    .filter((pod) => isComponent(pod, 'media') && isAlive(pod) && pod.metadata.annotations[REMOVED] === undefined)
    .flatMap((pod) => toRelay(gateway, pod, surroundings(pod)) ?? []);

/** One that Meta cannot be told an address of gets no calls; those that it has go on. */
function toRelay(gateway: SipGateway, pod: Pod, surroundings: Surroundings): MediaRelay | undefined {
  const { metadata: { name, annotations }, spec: { hostNetwork }, status: { podIP } } = pod;
  if (podIP === undefined) return undefined;
  const told = mediaAddress(gateway, pod, surroundings);
  const { control } = portsOf(gateway, slotOf(pod));
  const takesCalls = told !== undefined && isReady(pod) && annotations[TAKEN_IN] === 'true' && annotations[DRAIN.since] === undefined;
  const address = told === undefined || told.address === podIP ? {} : { address: told.address };
  // It may have been made for fewer calls, and then has ports for fewer.
  const { callsPerPod } = gateway.spec.media;
  const capacity = hostNetwork || isExposed(pod) ? Math.min(callsPerPod, callsFor(sizeOf(audioOf(pod)))) : callsPerPod;
  return { name, id: mediaIdOf(name), control: `udp:${podIP}:${control}`, ...address, capacity, takesCalls };
}

/** What every proxy of a gateway is known to serve; survives only as long as the operator does. */
export class AppliedSnapshots {
  readonly #byGateway = new Map<string, Snapshot>();
  /** What was sent after that: the newest version, and the numbers that any of it serves otherwise. */
  readonly #sent = new Map<string, { version: string; numbers: Set<string> }>();
  readonly #changed: (numbers: readonly string[]) => void;

  /** @param changed told of the numbers that are served differently from before */
  constructor(changed: (numbers: readonly string[]) => void) {
    this.#changed = changed;
  }

  /** Whether anything is known of a gateway. */
  knows(gateway: string): boolean {
    return this.#byGateway.has(gateway);
  }

  /** A number as every proxy serves it; undefined where some may serve it otherwise. */
  entry(gateway: string, number: string): NumberEntry | undefined {
    const snapshot = this.#byGateway.get(gateway);
    return snapshot && !this.#sent.get(gateway)?.numbers.has(number) ? entryOf(snapshot, number) : undefined;
  }

  /** Told before a snapshot is put where the proxies find it: until {@link set}, some of them may serve it. */
  sending(gateway: string, snapshot: Snapshot): void {
    const before = this.#byGateway.get(gateway);
    const sent = this.#sent.get(gateway);
    if (!before || snapshot.version === (sent?.version ?? before.version)) return;
    const numbers = sent?.numbers ?? new Set();
    for (const name of changedNumbers(before, snapshot)) numbers.add(name);
    this.#sent.set(gateway, { version: snapshot.version, numbers });
  }

  set(gateway: string, snapshot: Snapshot): void {
    const before = this.#byGateway.get(gateway);
    const sent = this.#sent.get(gateway);
    if (before?.version === snapshot.version && !sent) return;
    this.#byGateway.set(gateway, snapshot);
    this.#sent.delete(gateway);
    this.#changed([...new Set([...changedNumbers(before, snapshot), ...(sent?.numbers ?? [])])]);
  }

  forget(gateway: string): void {
    const before = this.#byGateway.get(gateway);
    this.#sent.delete(gateway);
    if (this.#byGateway.delete(gateway)) this.#changed(changedNumbers(before, undefined));
  }
}
