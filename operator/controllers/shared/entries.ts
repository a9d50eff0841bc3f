// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../../api/sipgateway.ts';
import type { SipRoute } from '../../api/siproute.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { NumberEntry } from '../../routing/snapshot.ts';
import { toEntry } from '../../routing/translate.ts';
import type { RoutingView } from '../../routing/view.ts';

/**
 * Numbers as snapshots have them, each worked out once until something that it follows from has changed: with ten thousand
 * of them an edit of one must not cost all the others.
 */
export class Entries {
  readonly #view: RoutingView;
  /** By the gateway's name and the number's. */
  readonly #known = new Map<string, Map<string, { entry: NumberEntry | undefined }>>();

  constructor(view: RoutingView) {
    this.#view = view;
  }

  /** A number, as it is now, in a gateway's snapshot; undefined where it has no place there. */
  of(name: string, gateway: SipGateway): NumberEntry | undefined {
    const known = this.#known.get(gateway.metadata.name) ?? new Map<string, { entry: NumberEntry | undefined }>();
    this.#known.set(gateway.metadata.name, known);
    const found = known.get(name) ?? { entry: this.#make(name, gateway) };
    known.set(name, found);
    return found.entry;
  }

  /** Of what is there now: who asks may have waited, and know the number as it was before. */
  #make(name: string, gateway: SipGateway): NumberEntry | undefined {
    const number = this.#view.number(name);
    return number && toEntry(this.#view, number, gateway);
  }

  /** Another number now, or none any more: those that share its phone number or id may have stood back for it, and others for them. */
  numberChanged(...versions: WhatsAppNumber[]): void {
    const isAlone = versions.every((each) => this.#view.rivalsOf(each).every((rival) => rival.metadata.name === each.metadata.name));
    if (!isAlone) return this.#known.clear();
    for (const { metadata } of versions) this.numberNamed(metadata.name);
  }

  numberNamed(name: string): void {
    for (const known of this.#known.values()) known.delete(name);
  }

  routeChanged(...versions: SipRoute[]): void {
    for (const { spec } of versions) for (const { name } of spec.numbers) this.numberNamed(name);
  }

  gatewayChanged(name: string): void {
    this.#known.delete(name);
  }
}
