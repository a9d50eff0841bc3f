// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '../../api/schema.ts';
import type { Change } from '../../kube/replica.ts';
import { PORTS, COMPONENT_LABEL, GATEWAY_LABEL, TEMPLATE_ANNOTATION } from '../../resources/names.ts';
import { SIP_PASSWORD_KEYS } from '../../resources/sippassword.ts';
import { changedNumbers, entryOf, type MediaRelay, type NumberEntry, type Snapshot } from '../../routing/snapshot.ts';
import { translate, type Translation } from '../../routing/translate.ts';
import type { Caches } from './caches.ts';
import { onlyStatusChanged } from './spec.ts';
import { isReady, textOf, type Pod } from './observed.ts';

/** The translation of what the caches hold now, made anew only after they changed. */
export class Routing {
  readonly #caches: Caches;
  readonly #templateHash: string;
  #translation: Translation | undefined;

  /** @param templateHash of media pods that are up to date */
  constructor(caches: Caches, templateHash: string) {
    this.#caches = caches;
    this.#templateHash = templateHash;
    const stale = (): void => {
      this.#translation = undefined;
    };
    caches.passwords.subscribe(stale);
    for (const cache of [caches.gateways, caches.numbers, caches.routes]) {
      cache.subscribe((change: Change<{ metadata: Metadata }>) => {
        if (!onlyStatusChanged(change)) stale();
      });
    }
    caches.pods.subscribe((change) => {
      if (change.type !== 'upsert' || change.object.metadata.labels[COMPONENT_LABEL] === 'media') stale();
    });
  }

  get current(): Translation {
    this.#translation ??= translate({
      gateways: this.#caches.gateways.list(),
      numbers: this.#caches.numbers.list(),
      routes: this.#caches.routes.list(),
      passwords: this.#passwords(),
      media: this.#media(),
    });
    return this.#translation;
  }

  /** A number as its gateway's wanted snapshot has it. */
  entry(gateway: string, number: string): NumberEntry | undefined {
    const snapshot = this.current.snapshots.get(gateway);
    return snapshot && entryOf(snapshot, number);
  }

  #passwords(): Map<string, string> {
    const entries = this.#caches.passwords.list().flatMap((secret) => {
      const owner = secret.metadata.ownerReferences.find(({ kind }) => kind === 'WhatsAppNumber');
      const password = textOf(secret, SIP_PASSWORD_KEYS.password);
      return owner && password ? [[owner.name, password] as const] : [];
    });
    return new Map(entries);
  }

  /** The relays that new calls go to: once one that is up to date is ready, those that are not take no more. */
  #media(): Map<string, MediaRelay[]> {
    const ready = Map.groupBy(this.#caches.pods.list().filter(isMedia), (pod) => pod.metadata.labels[GATEWAY_LABEL] ?? '');
    const entries = [...ready].map(([gateway, pods]) => {
      const current = pods.filter((pod) => pod.metadata.annotations[TEMPLATE_ANNOTATION] === this.#templateHash);
      return [gateway, (current.length > 0 ? current : pods).map(toRelay)] as const;
    });
    return new Map(entries);
  }
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
