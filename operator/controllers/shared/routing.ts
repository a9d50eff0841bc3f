// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '../../api/schema.ts';
import type { Change } from '../../kube/replica.ts';
import { PORTS, COMPONENT_LABEL, GATEWAY_LABEL } from '../../resources/names.ts';
import { SIP_PASSWORD_KEYS } from '../../resources/sippassword.ts';
import { changedNumbers, entryOf, type MediaRelay, type NumberEntry, type Snapshot } from '../../routing/snapshot.ts';
import { translate, type Translation } from '../../routing/translate.ts';
import type { Caches } from './caches.ts';
import { onlyStatusChanged } from './spec.ts';
import { isReady, textOf, type Pod } from './observed.ts';

/** The translation of what the caches hold now, made anew only after they changed. */
export class Routing {
  readonly #caches: Caches;
  #translation: Translation | undefined;

  constructor(caches: Caches) {
    this.#caches = caches;
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

  #media(): Map<string, MediaRelay[]> {
    const relays = new Map<string, MediaRelay[]>();
    for (const pod of this.#caches.pods.list().filter(isMedia)) {
      const gateway = pod.metadata.labels[GATEWAY_LABEL] ?? '';
      const relay = { name: pod.metadata.name, control: `udp:${pod.status.podIP}:${PORTS.mediaControl}` };
      relays.set(gateway, [...(relays.get(gateway) ?? []), relay]);
    }
    return relays;
  }
}

const isMedia = (pod: Pod): boolean =>
  pod.metadata.labels[COMPONENT_LABEL] === 'media' && pod.status.podIP !== undefined && isReady(pod);

/** What every proxy of a gateway is known to serve; survives only as long as the operator does. */
export class AppliedSnapshots {
  readonly #byGateway = new Map<string, Snapshot>();
  readonly #changed: (numbers: readonly string[]) => void;

  /** @param changed told of the numbers that are served differently from before */
  constructor(changed: (numbers: readonly string[]) => void) {
    this.#changed = changed;
  }

  /** Whether anything is known of a gateway. */
  knows(gateway: string): boolean {
    return this.#byGateway.has(gateway);
  }

  entry(gateway: string, number: string): NumberEntry | undefined {
    const snapshot = this.#byGateway.get(gateway);
    return snapshot && entryOf(snapshot, number);
  }

  set(gateway: string, snapshot: Snapshot): void {
    const before = this.#byGateway.get(gateway);
    if (before?.version === snapshot.version) return;
    this.#byGateway.set(gateway, snapshot);
    this.#changed(changedNumbers(before, snapshot));
  }

  forget(gateway: string): void {
    const before = this.#byGateway.get(gateway);
    if (this.#byGateway.delete(gateway)) this.#changed(changedNumbers(before, undefined));
  }
}
