// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../../api/sipgateway.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { SipRoute } from '../../api/siproute.ts';
import { keyOf, refOf } from '../../kube/objects.ts';
import { versions } from '../../kube/replica.ts';
import { PORTS, COMPONENT_LABEL, TEMPLATE_ANNOTATION } from '../../resources/names.ts';
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
import { isReady, type Pod } from './observed.ts';

/** What routing needs of a copy. */
type Copy<C extends { get: unknown; byIndex: unknown; subscribe: unknown }> = Pick<C, 'get' | 'byIndex' | 'subscribe'>;

export interface RoutingOptions {
  caches: { [K in 'gateways' | 'numbers' | 'routes' | 'pods']: Copy<Caches[K]> };
  namespace: string;
  passwords: Passwords;
  routePasswords: RoutePasswords;
  templateHash: (gateway: SipGateway) => string;
  now: () => number;
}

/** Routing as the caches have it now. Snapshots are made anew only after something changed, and not all the time. */
export class Routing {
  readonly #view: RoutingView;
  readonly #entries: Entries;
  readonly #now: () => number;
  readonly #snapshots = new Map<string, Paced<Snapshot>>();

  /**
   * @param templateHash of media pods that are up to date
   * @param now a clock in milliseconds
   */
  constructor({ caches, namespace, passwords, routePasswords, templateHash, now }: RoutingOptions) {
    this.#view = viewOf({ caches, namespace, passwords, routePasswords, templateHash });
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

function viewOf({ caches, namespace, passwords, routePasswords, templateHash }: Omit<RoutingOptions, 'now'>): RoutingView {
  const hashOf = (name: string): string | undefined => {
    const gateway = caches.gateways.get(`${namespace}/${name}`);
    return gateway && templateHash(gateway);
  };
  return {
    gateway: (name) => caches.gateways.get(`${namespace}/${name}`),
    number: (name) => caches.numbers.get(`${namespace}/${name}`),
    numbersOf: (gateway) => numbersAt(caches, passwords, gateway),
    rivalsOf: ({ spec }) => [...new Set([spec.phoneNumber, spec.phoneNumberID].flatMap((value) => caches.numbers.byIndex('identity', value)))],
    routesOf: (number) => caches.routes.byIndex('number', number),
    ha1: (number, realm) => passwords.ha1(number, realm),
    proof: (number) => passwords.proof(number),
    password: (route, ref) => routePasswords.get(route, ref),
    media: (gateway) => relaysOf(caches.pods.byIndex('gateway', gateway).filter(isMedia), hashOf(gateway)),
  };
}

/** Numbers that name a gateway, and those that Meta still dials it for although they have left it. */
export function numbersAt({ numbers }: Pick<RoutingOptions['caches'], 'numbers'>, passwords: Passwords, { metadata: { name, namespace }, spec }: SipGateway): WhatsAppNumber[] {
  const own = numbers.byIndex('gateway', name);
  const leaving = passwords.dialling(spec.hostname).difference(new Set(own.map(({ metadata }) => metadata.name)));
  return [...own, ...[...leaving].flatMap((number) => numbers.get(`${namespace}/${number}`) ?? [])];
}

/** The relays that new calls go to: once one that is up to date is ready, those that are not take no more. */
function relaysOf(pods: readonly Pod[], templateHash: string | undefined): MediaRelay[] {
  const current = pods.filter((pod) => pod.metadata.annotations[TEMPLATE_ANNOTATION] === templateHash);
  return (current.length > 0 ? current : pods).map(toRelay);
}

const toRelay = ({ metadata: { name }, status: { podIP } }: Pod): MediaRelay => ({
  name,
  control: `udp:${podIP}:${PORTS.mediaControl}`,
});

const isMedia = (pod: Pod): boolean =>
  pod.metadata.labels[COMPONENT_LABEL] === 'media' && pod.status.podIP !== undefined && isReady(pod);

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

  /** Names of the media pods that the proxies send new calls to; undefined where that is not known. */
  relays(gateway: string): string[] | undefined {
    return this.#byGateway.get(gateway)?.media.map(({ name }) => name);
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
