// SPDX-License-Identifier: Apache-2.0
// Which questions follow from what another one has found out.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { keyOf, refOf } from '../../kube/objects.ts';
import { digitsOf } from '../../routing/numbers.ts';
import { toDestination } from '../../routing/presets.ts';
import type { Caches } from './caches.ts';
import { gatewayEndpoint } from './endpoint.ts';
import type { Enqueue, Turn } from './enqueue.ts';
import type { Passwords } from './passwords.ts';
import { numbersAt } from './routing.ts';

export class Reconsider {
  readonly #caches: Caches;
  readonly #passwords: Passwords;
  readonly #namespace: string;
  readonly #enqueue: Enqueue;

  constructor(caches: Caches, passwords: Passwords, namespace: string, enqueue: Enqueue) {
    this.#caches = caches;
    this.#passwords = passwords;
    this.#namespace = namespace;
    this.#enqueue = enqueue;
  }

  /** Meta was asked about a number, or something else about it is known now. */
  asked(key: string, turn?: Turn): void {
    this.#enqueue.number(key, turn);
    for (const { metadata } of this.#caches.routes.byIndex('number', refOf(key).name)) this.#enqueue.route(keyOf(metadata), turn);
  }

  /** The proxies serve a number differently from before: what waited for that at Meta may go on, and whoever edited something is told. */
  served(key: string): void {
    this.asked(key, 'first');
    this.#enqueue.settings(key);
  }

  /** HOST:PORT, which Meta dials, answers differently from before. */
  reached(endpoint: string): void {
    const gateways = this.#caches.gateways.list().filter((gateway) => gatewayEndpoint(gateway) === endpoint);
    const proxied = gateways.flatMap(({ metadata }) => this.#numbers(metadata.name));
    for (const { metadata } of [...proxied, ...this.#caches.numbers.byIndex('endpoint', endpoint)]) {
      this.asked(keyOf(metadata));
      this.#enqueue.settings(keyOf(metadata));
    }
  }

  /** Destinations answer the proxies' probes otherwise than before. */
  probed(targets: ReadonlySet<string>): void {
    for (const { metadata, spec } of this.#caches.routes.list()) {
      if (spec.destinations?.some((destination) => targets.has(toDestination(destination).target))) this.#enqueue.route(keyOf(metadata));
    }
  }

  /** Keys of the numbers with these digits that a gateway serves, also of one that is about to leave it. */
  numbersOf(gateway: string, digits: string): string[] {
    const found = this.#caches.gateways.get(`${this.#namespace}/${gateway}`);
    return (found ? numbersAt(this.#caches, this.#passwords, found) : [])
      .filter((number) => digitsOf(number) === digits)
      .map(({ metadata }) => `${this.#namespace}/${metadata.name}`);
  }

  #numbers(gateway: string): WhatsAppNumber[] {
    return [...this.#caches.numbers.byIndex('gateway', gateway)];
  }
}
