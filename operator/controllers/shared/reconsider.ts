// SPDX-License-Identifier: Apache-2.0
// Which questions follow from what another one has found out.
import type { Condition, Metadata } from '../../api/schema.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { keyOf, refOf } from '../../kube/objects.ts';
import { digitsOf } from '../../routing/numbers.ts';
import { toDestination } from '../../routing/presets.ts';
import type { Caches } from './caches.ts';
import { gatewayEndpoint } from './endpoint.ts';
import type { Enqueue, Turn } from './enqueue.ts';
import type { Passwords } from './passwords.ts';
import { numbersAt } from './routing.ts';

/** Whoever edited an object waits to hear that the proxies serve it; thousands that are new can wait for each other. */
export function turnOf(object: { metadata: Metadata; status?: { conditions?: Condition[] | undefined } | undefined }): Turn {
  const programmed = object.status?.conditions?.find(({ type }) => type === 'Programmed');
  const { generation } = object.metadata;
  return generation > 1 && !(programmed?.status === 'True' && programmed.observedGeneration === generation) ? 'first' : 'usual';
}

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
  asked(key: string): void {
    const number = this.#caches.numbers.get(key);
    this.#enqueue.number(key, number && turnOf(number));
    for (const route of this.#caches.routes.byIndex('number', refOf(key).name)) this.#enqueue.route(keyOf(route.metadata), turnOf(route));
  }

  /** The proxies serve a number differently from before: what waited for that at Meta may go on. */
  served(key: string): void {
    this.asked(key);
    this.#enqueue.settings(key);
  }

  /** HOST:PORT, which Meta dials, answers differently from before. */
  reached(endpoint: string): void {
    const gateways = this.#caches.gateways.list().filter((gateway) => gatewayEndpoint(gateway) === endpoint);
    const proxied = gateways.flatMap(({ metadata }) => this.#numbers(metadata.name));
    for (const { metadata } of [...proxied, ...this.#caches.numbers.byIndex('endpoint', endpoint)]) this.served(keyOf(metadata));
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
