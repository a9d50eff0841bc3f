// SPDX-License-Identifier: Apache-2.0
// Question: does this gateway's data plane exist, and does every proxy serve what the numbers and routes ask for?
import type { Logger } from 'pino';
import type { Verdict } from '../../api/conditions.ts';
import type { SipGateway } from '../../api/sipgateway.ts';
import type { KubeClient, Manifest } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { refOf } from '../../kube/objects.ts';
import type { ResourceKind } from '../../kube/resource.ts';
import type { Door } from '../../permission/contract.ts';
import { buildAccess } from '../../resources/access.ts';
import type { Installation } from '../../resources/build.ts';
import { buildCertificate } from '../../resources/certificate.ts';
import { buildMediaBudget } from '../../resources/mediabudget.ts';
import { audioOf, rangeText, type PortRange } from '../../resources/mediaports.ts';
import { buildMediaPolicy } from '../../resources/mediapolicy.ts';
import { grants, names } from '../../resources/names.ts';
import { buildProxy } from '../../resources/proxy.ts';
import { buildInsideService, buildService } from '../../resources/service.ts';
import { buildSnapshot } from '../../resources/snapshot.ts';
import { announcedBy } from '../../routing/snapshot.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import { insideAddress, insideService, isAwaited } from '../shared/insideaddress.ts';
import * as kinds from '../shared/kinds.ts';
import type { Health } from '../shared/health.ts';
import type { NamedSecrets } from '../shared/namedsecrets.ts';
import type { Passwords } from '../shared/passwords.ts';
import { isComponent, type Deployment } from '../shared/observed.ts';
import type { Pools } from '../shared/pools.ts';
import { refusalOf } from '../shared/refusal.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import type { RoutePasswords } from '../shared/routepasswords.ts';
import type { ProxyTraffic, Traffic } from '../shared/traffic.ts';
import { viewCertificate } from './certificate.ts';
import { proxyTrouble, viewProxies } from './pods.ts';
import { Outbox } from './outbox.ts';
import { isProgrammed, judgeGateway, toDetails } from './verdicts.ts';
import type { CertificateView, GatewayCondition, GatewayView, ProxyView } from './view.ts';
import { tooLarge, withheld } from './withheld.ts';

/**
 * The first look at proxies that take over a new version, the pace for as long as that mostly takes, and the one after that or
 * while nothing is awaited.
 */
const SOON_MS = 100;
const AWAITING = { everyMs: 400, forMs: 15_000 };
const WATCHFUL_MS = 5000;

export interface GatewayControllerOptions {
  client: KubeClient;
  caches: Caches;
  secrets: NamedSecrets;
  passwords: Passwords;
  routePasswords: RoutePasswords;
  routing: Routing;
  applied: AppliedSnapshots;
  traffic: Traffic;
  health: Health;
  pools: Pools;
  applier: Applier;
  status: StatusWriter;
  clock: Clock;
  installation: Installation;
  /** Where the proxies of a gateway ask this operator. */
  door: (gateway: string) => Door;
  log: Logger;
}

/** What became of a gateway's snapshot. */
type Published = Pick<GatewayView, 'snapshot' | 'revision' | 'withheld'> & { refusal: string | undefined };

export class GatewayController {
  readonly #options: GatewayControllerOptions;
  /** By the gateway's uid: the version that its proxies were last asked about in vain, since when, and the pause after that. */
  readonly #looks = new Map<string, { version: string; since: number; ms: number }>();
  readonly #outbox: Outbox;

  constructor(options: GatewayControllerOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.clock);
  }

  /** One pass over one gateway; returns when to look again. */
  async reconcile(key: string, signal: AbortSignal): Promise<number | void> {
    const { caches, applied, traffic, health, status } = this.#options;
    const gateway = caches.gateways.get(key);
    if (!gateway || gateway.metadata.deletionTimestamp) {
      const { name } = refOf(key);
      applied.forget(name);
      traffic.forget(name);
      health.forget(name);
      this.#outbox.forget(name);
      return;
    }
    const { name } = gateway.metadata;
    const refused = await this.#applyObjects(gateway);
    const note = (condition: GatewayCondition, refusal: string | undefined): void => {
      if (refusal) refused[condition] ??= refusal;
    };
    const pool = this.#options.pools.get(name);
    note('MediaReady', pool?.refusal);
    const sent = await this.#publish(gateway);
    if (!sent) return SOON_MS;
    const { refusal, ...published } = sent;
    note('Programmed', refusal);
    const askedAt = this.#options.clock.now();
    const proxies = await viewProxies(this.#pods(name), published.revision, signal);
    traffic.observe(name, trafficOf(proxies), askedAt);
    const view = await this.#view({ gateway, refused, proxies, pool, calls: traffic.allCalls(name), ...published });
    health.observe(name, view.proxies.map(({ agent }) => agent?.destinations));
    const programmed = isProgrammed(view);
    if (programmed) applied.set(name, published.snapshot);
    await status.write(kinds.SIP_GATEWAY, gateway, judgeGateway(view), toDetails(view));
    const look = programmed ? WATCHFUL_MS : this.#nextLook(gateway, published.snapshot.version);
    return Math.min(look, this.#options.routing.waitMs(name) ?? look);
  }

  /** Puts the snapshot where the proxies find it. Undefined where there is none yet. */
  async #publish(gateway: SipGateway): Promise<Published | undefined> {
    const { caches, secrets, passwords, routePasswords, applied, routing } = this.#options;
    const { name } = gateway.metadata;
    const isLoaded = await passwords.load(secrets, name);
    const snapshot = routing.snapshot(name);
    if (!snapshot) return undefined;
    const held = { snapshot, revision: undefined, refusal: undefined, withheld: undefined };
    // At the start of an operator: less than the proxies serve must not replace it.
    if (!applied.knows(name) && !routePasswords.isComplete(caches.routes.list())) return undefined;
    if (!isLoaded) return { ...held, refusal: `the operator may not read Secret "${names.snapshot(name)}": ${grants.gateway(name)}` };
    // The first one must be of the facts by which it is judged.
    if (!applied.knows(name) && routing.waitMs(name) !== undefined) return undefined;
    const packed = this.#outbox.pack(name, snapshot);
    const why = (await this.#withheld(gateway)) ?? tooLarge(packed.bytes) ?? this.#outbox.tooSoon(name, snapshot, packed);
    if (why) return { ...held, withheld: why };
    applied.sending(name, snapshot);
    const { refusal, resourceVersion } = await this.#tryApply(kinds.SECRET, buildSnapshot(gateway, packed, this.#options.door(name)));
    return { ...held, revision: resourceVersion, refusal };
  }

  /** Why the first snapshot of this process would harm a gateway whose proxies serve; later ones follow from it. */
  async #withheld(gateway: SipGateway): Promise<Verdict | undefined> {
    const { applied, caches, passwords } = this.#options;
    const { metadata: { name, namespace }, spec: { hostname } } = gateway;
    if (applied.knows(name) || this.#readyProxies(gateway) === 0) return undefined;
    const missing = [...passwords.dialling(hostname)].filter((number) => !caches.numbers.get(`${namespace}/${number}`));
    return withheld({
      gateway,
      numbers: caches.numbers.byIndex('gateway', name),
      isKnown: (number) => passwords.ha1(number, hostname) !== undefined,
      unseen: await this.#existing(namespace, missing),
    });
  }

  /** Those of some numbers that exist, by the API server's own word: a copy may be behind where a watch was cut off. */
  async #existing(namespace: string, numbers: readonly string[]): Promise<string[]> {
    if (numbers.length === 0) return [];
    const { items } = await this.#options.client.list(kinds.WHATSAPP_NUMBER, { namespace, metadataOnly: true });
    const present = new Set(items.map(({ metadata }) => metadata.name));
    return numbers.filter((number) => present.has(number) && !this.#options.caches.numbers.get(`${namespace}/${number}`));
  }

  #readyProxies(gateway: SipGateway): number {
    return this.#deployment(gateway)?.status.readyReplicas ?? 0;
  }

  #deployment({ metadata: { name, namespace } }: SipGateway): Deployment | undefined {
    return this.#options.caches.deployments.get(`${namespace}/${names.proxy(name)}`);
  }

  /** Milliseconds until the proxies are asked again whether they serve a version; doubles while the answer stays no, up to a pace. */
  #nextLook({ metadata: { uid } }: SipGateway, version: string): number {
    const now = this.#options.clock.now();
    const before = this.#looks.get(uid);
    const isSame = before?.version === version;
    const since = isSame ? before.since : now;
    const pace = now - since < AWAITING.forMs ? AWAITING.everyMs : WATCHFUL_MS;
    const ms = isSame ? Math.min(before.ms * 2, pace) : SOON_MS;
    this.#looks.set(uid, { version, since, ms });
    return ms;
  }

  /** Applies everything but the media pods, which are another question's; what the API server refuses becomes a condition, not an end of the pass. */
  async #applyObjects(gateway: SipGateway): Promise<GatewayView['refused']> {
    const { serviceAccount, role, roleBinding } = buildAccess(gateway, this.#announcements(gateway));
    const objects: [GatewayCondition, ResourceKind, Manifest][] = [
      ['AddressAssigned', kinds.SERVICE, buildService(gateway)],
      ['InsideAddressed', kinds.SERVICE, buildInsideService(gateway)],
      ['MediaReady', kinds.NETWORK_POLICY, buildMediaPolicy(gateway, this.#audio(gateway))],
      ['MediaReady', kinds.POD_DISRUPTION_BUDGET, buildMediaBudget(gateway, this.#options.caches.nodes !== undefined)],
      ['ProxyReady', kinds.SERVICE_ACCOUNT, serviceAccount],
      ['ProxyReady', kinds.ROLE, role],
      ['ProxyReady', kinds.ROLE_BINDING, roleBinding],
    ];
    // Proxies tell the cluster this address for as long as they live.
    const inside = insideService(gateway, this.#options.caches.services)?.spec.clusterIP;
    if (inside !== undefined) objects.push(['ProxyReady', kinds.DEPLOYMENT, buildProxy(gateway, this.#options.installation, inside)]);
    if (this.#options.caches.certificates.hasSynced) {
      objects.unshift(['CertificateReady', kinds.CERTIFICATE, buildCertificate(gateway)]);
    }
    const refused: GatewayView['refused'] = {};
    for (const [condition, kind, manifest] of objects) {
      const { refusal } = await this.#tryApply(kind, manifest);
      if (refusal) refused[condition] ??= refusal;
    }
    return refused;
  }

  /** Ports for audio: as the spec has them, and those of pods that are there. */
  #audio({ metadata: { name }, spec: { media } }: SipGateway): PortRange[] {
    const all = [media.ports, ...this.#pods(name).filter((pod) => isComponent(pod, 'media')).map(audioOf)];
    return [...new Map(all.map((range) => [rangeText(range), range])).values()].toSorted((a, b) => a.from - b.from || a.to - b.to);
  }

  /** ConfigMaps that the gateway's routes play from. */
  #announcements({ metadata: { name } }: SipGateway): string[] {
    const snapshot = this.#options.routing.snapshot(name);
    return snapshot ? [...new Set([...announcedBy(snapshot)].map((each) => each.slice(0, each.indexOf('/'))))] : [];
  }

  async #tryApply(kind: ResourceKind, manifest: Manifest): Promise<{ refusal: string | undefined; resourceVersion: string | undefined }> {
    let resourceVersion: string | undefined;
    const refusal = await refusalOf(kind, manifest, async () => {
      resourceVersion = await this.#options.applier.apply(kind, manifest);
    });
    return { refusal, resourceVersion };
  }

  #pods(gateway: string) {
    return this.#options.caches.pods.byIndex('gateway', gateway);
  }

  async #view(base: Omit<GatewayView, 'certificate' | 'address' | 'inside' | 'readyReplicas' | 'proxyTrouble'>): Promise<GatewayView> {
    const { caches } = this.#options;
    const { name, namespace } = base.gateway.metadata;
    const inside = insideService(base.gateway, caches.services);
    const [ingress] = caches.services.get(`${namespace}/${names.proxy(name)}`)?.status.loadBalancer.ingress ?? [];
    return {
      ...base,
      certificate: await this.#certificate(base.gateway),
      address: ingress?.ip ?? ingress?.hostname,
      inside: { address: insideAddress(base.gateway, inside), isAwaited: isAwaited(base.gateway, inside) },
      readyReplicas: this.#readyProxies(base.gateway),
      proxyTrouble: proxyTrouble(this.#deployment(base.gateway), this.#pods(name)),
    };
  }

  async #certificate(gateway: SipGateway): Promise<CertificateView> {
    const { caches, secrets } = this.#options;
    if (!caches.certificates.hasSynced) return { kind: 'no-cert-manager' };
    const { namespace } = gateway.metadata;
    const name = names.certificate(gateway.metadata.name);
    return viewCertificate({
      hostname: gateway.spec.hostname,
      certificate: caches.certificates.get(`${namespace}/${name}`),
      requests: caches.certificateRequests.byIndex('owner', `Certificate/${name}`),
      secret: await secrets.read(name),
      grant: grants.gateway(gateway.metadata.name),
    });
  }
}

/** What the proxies say of calls. */
const trafficOf = (proxies: readonly ProxyView[]): ReadonlyMap<string, ProxyTraffic | undefined> =>
  new Map(proxies.map(({ name, agent }) => [name, agent && { refusals: agent.refusals, calls: agent.calls }]));
