// SPDX-License-Identifier: Apache-2.0
// Question: what became of this route, for whoever looks at it?
import type { Verdict } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import type { SipRoute } from '../../api/siproute.ts';
import type { KubeClient } from '../../kube/client.ts';
import { sameTurn } from '../../routing/snapshot.ts';
import { keyOf } from '../../kube/objects.ts';
import type { SecretReader } from '../settings/secrets.ts';
import type { UserPasswords } from '../shared/userpasswords.ts';
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
  users: UserPasswords;
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
    const users = await this.#readUsers(route);
    const verdict = routing.route(route);
    const waiting = verdict.served.flatMap((number) => this.#waiting(route, number) ?? []);
    const appliedKnown = waiting.every(({ gateway }) => !caches.gateways.get(`${route.metadata.namespace}/${gateway}`) || this.#options.applied.knows(gateway));
    const destinations = (route.spec.destinations ?? []).map((destination) => {
      const { target, probe, fromHost, media } = toDestination(destination);
      const settings = { uri: shownAs(destination), address: target, fromHost, probe: probe ? ('Options' as const) : ('None' as const), media };
      return probe ? { ...settings, state: health.state(target) } : settings;
    });
    const announcements = await problemsOf(client, route);
    const judgement = judgeRoute({ route, verdict, waiting, appliedKnown, users, announcements, destinations });
    await status.write(kinds.SIP_ROUTE, route, judgement, destinations.length > 0 ? { destinations } : {});
    return users?.reason === 'SecretForbidden' || route.spec.destinations?.some(({ announcement }) => announcement) ? LOOK_MS : undefined;
  }

  /** Takes in the passwords of a route's digest users; returns what the first one lacks whose password is not to be had. */
  async #readUsers(route: SipRoute): Promise<Verdict | undefined> {
    const { secrets, users } = this.#options;
    const wanted = route.spec.sources?.users;
    if (!wanted) return undefined;
    const texts = await Promise.all(wanted.map(async ({ username, passwordRef }) => [username, await secrets.text(passwordRef, 'password')] as const));
    users.keep(route, new Map(texts.flatMap(([username, text]) => (text instanceof Sensitive ? [[username, text.reveal()]] : []))));
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
