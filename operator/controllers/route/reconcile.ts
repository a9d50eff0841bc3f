// SPDX-License-Identifier: Apache-2.0
// Question: what became of this route, for whoever looks at it?
import type { Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import { passwordRefsOf, type SipRoute } from '../../api/siproute.ts';
import type { KubeClient } from '../../kube/client.ts';
import { sameTurn } from '../../routing/snapshot.ts';
import { keyOf } from '../../kube/objects.ts';
import type { SecretReader } from '../settings/secrets.ts';
import type { RoutePasswords } from '../shared/routepasswords.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';
import { shownAs, toDestination } from '../../routing/presets.ts';
import type { Health } from '../shared/health.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import { problemsOf } from './announcements.ts';
import { judgeRoute, type RouteView } from './verdicts.ts';

/** ConfigMaps are not watched: announcements are looked at so often. */
const LOOK_MS = 60_000;

export interface RouteControllerOptions {
  client: Pick<KubeClient, 'find'>;
  secrets: Pick<SecretReader, 'text'>;
  routePasswords: RoutePasswords;
  caches: Caches;
  routing: Routing;
  applied: AppliedSnapshots;
  health: Health;
  status: StatusWriter;
}

export class RouteController {
  readonly #options: RouteControllerOptions;

  constructor(options: RouteControllerOptions) {
    this.#options = options;
  }

  /** One pass over one route; returns when to look again. */
  async reconcile(key: string): Promise<number | void> {
    const { client, caches, routing, health, status } = this.#options;
    const route = caches.routes.get(key);
    if (!route || route.metadata.deletionTimestamp) return;
    const credentials = await this.#readPasswords(route);
    const verdict = routing.route(route);
    const waiting = verdict.served.flatMap((number) => this.#waiting(route, number) ?? []);
    const appliedKnown = waiting.every(({ gateway }) => !caches.gateways.get(`${route.metadata.namespace}/${gateway}`) || this.#options.applied.knows(gateway));
    const destinations = (route.spec.destinations ?? []).map((destination) => {
      const { target, probe, fromHost, media } = toDestination(destination);
      const settings = { uri: shownAs(destination), address: target, fromHost, probe: probe ? ('Options' as const) : ('None' as const), media };
      return probe ? { ...settings, state: health.state(target) } : settings;
    });
    const announcements = await problemsOf(client, route);
    const judgement = judgeRoute({ route, verdict, waiting, appliedKnown, credentials, announcements, destinations });
    await status.write(kinds.SIP_ROUTE, route, judgement, destinations.length > 0 ? { destinations } : {});
    return credentials?.reason === 'SecretForbidden' || route.spec.destinations?.some(({ announcement }) => announcement) ? LOOK_MS : undefined;
  }

  /** Takes in the passwords that a route names; returns what the first one lacks that is not to be had. */
  async #readPasswords(route: SipRoute): Promise<Verdict | undefined> {
    const { secrets, routePasswords } = this.#options;
    const wanted = passwordRefsOf(route);
    if (wanted.length === 0) return undefined;
    const texts = await Promise.all(wanted.map(async (ref) => [ref, await secrets.text(ref, 'password')] as const));
    routePasswords.keep(route, texts.flatMap(([ref, text]) => (text instanceof Sensitive ? [[ref, text.reveal()] as const] : [])));
    return texts.flatMap(([, text]) => (text instanceof Sensitive ? [] : [text]))[0];
  }

  /** Why a number of the route is not served as the route asks. */
  #waiting(route: SipRoute, name: string): RouteView['waiting'][number] | undefined {
    const { caches, routing, applied } = this.#options;
    const number = caches.numbers.get(`${route.metadata.namespace}/${name}`);
    const gateway = number?.spec.gatewayRef.name ?? '';
    const wanted = number && routing.entry(number);
    if (!wanted) return { number: name, gateway, message: 'it is not served yet; its own conditions say why' };
    if (route.spec.direction === 'Outbound' && !wanted.outbound) return { number: name, gateway, message: 'Meta’s SIP password, by which calls are made, is not known yet' };
    const isServed = sameTurn(keyOf(route.metadata), wanted, applied.entry(gateway, name));
    return isServed ? undefined : { number: name, gateway, message: 'not every proxy serves it yet' };
  }
}
