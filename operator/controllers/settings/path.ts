// SPDX-License-Identifier: Apache-2.0
// What is missing between Meta and the place where a number's calls go.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { digitsOf } from '../../routing/numbers.ts';
import { sameEntry } from '../../routing/snapshot.ts';
import type { ReachController } from '../reach/reconcile.ts';
import type { Caches } from '../shared/caches.ts';
import { endpointKey, gatewayEndpoint } from '../shared/endpoint.ts';
import { canTakeCalls } from '../shared/gatewaystate.ts';
import type { Passwords } from '../shared/passwords.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { Traffic } from '../shared/traffic.ts';
import type { PathGap } from './bring.ts';

export interface PathOptions {
  caches: Caches;
  passwords: Passwords;
  routing: Routing;
  applied: AppliedSnapshots;
  reach: ReachController;
  traffic: Traffic;
}

export class PathView {
  readonly #options: PathOptions;

  constructor(options: PathOptions) {
    this.#options = options;
  }

  /** The first thing that is missing, in words that end "written once …"; undefined once calls would be served. */
  gap(number: WhatsAppNumber): PathGap | undefined {
    const { namespace } = number.metadata;
    if (number.spec.direct) return this.#unreached(endpointKey(number.spec.direct));
    const gateway = this.#options.caches.gateways.get(`${namespace}/${number.spec.gatewayRef.name}`);
    if (!gateway || !canTakeCalls(gateway)) return { gateway: true, what: `gateway "${number.spec.gatewayRef.name}" can take calls` };
    const served = this.#served(number, gateway.metadata.name);
    if (served) return { gateway: false, what: served };
    return this.#unreached(gatewayEndpoint(gateway));
  }

  #unreached(endpoint: string): PathGap | undefined {
    if (this.#options.reach.verdict(endpoint)?.status === 'True') return undefined;
    return { gateway: false, what: `a TLS handshake with ${endpoint} succeeds` };
  }

  #served(number: WhatsAppNumber, gateway: string): string | undefined {
    const { name } = number.metadata;
    const { routing, applied } = this.#options;
    const verdict = routing.number(number);
    if (verdict.kind === 'served' && verdict.routes.length === 0) return `a SipRoute names number "${name}"`;
    const wanted = routing.entry(number);
    return wanted && sameEntry(wanted, applied.entry(gateway, name)) ? undefined : 'every proxy serves the number';
  }

  /** Calls that the number has; undefined where no proxy has told since then. */
  calls(number: WhatsAppNumber, since: number): number | undefined {
    const { caches, passwords, traffic } = this.#options;
    const { name } = number.metadata;
    // While it moves it has calls at two gateways. Those of one that Meta dials elsewhere for pass none of our proxies:
    // whoever asks for a new password knows of them.
    const served = caches.gateways.list().filter(({ metadata, spec }) => {
      const isOwn = !number.spec.direct && metadata.name === number.spec.gatewayRef.name;
      return isOwn || passwords.isDialled(name, spec.hostname);
    });
    const counts = served.map(({ metadata }) => traffic.calls(metadata.name, digitsOf(number), since));
    return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }
}
