// SPDX-License-Identifier: Apache-2.0
// A gateway's part of everything that routing decides, as its proxies need it.
import { isDeepStrictEqual } from 'node:util';
import type { SipGateway } from '../api/sipgateway.ts';
import { FAILOVER, type RouteDestination, type SipRoute } from '../api/siproute.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { META_NETWORKS } from './networks.ts';
import { digitsOf, ha1, judgeNumber, proofOf } from './numbers.ts';
import { once } from './once.ts';
import { compare } from './precedence.ts';
import { toDestination } from './presets.ts';
import { routesOf } from './routes.ts';
import { toSnapshot, type Destination, type EntryRoute, type NumberEntry, type OutboundRoute, type Snapshot } from './snapshot.ts';
import { tracedUntil } from './traced.ts';
import type { RoutingView } from './view.ts';

/**
 * A gateway's snapshot. Pure: the same view gives the same one, whatever the order of its lists.
 * @param entryOf {@link toEntry}, or what it gave before where that still holds
 */
export function translate(view: RoutingView, gateway: SipGateway, entryOf = (number: WhatsAppNumber) => toEntry(view, number, gateway)): Snapshot {
  const { metadata: { name }, spec } = gateway;
  const insideAddress = view.insideAddress(gateway);
  const entries = view.numbersOf(gateway).flatMap((number) => entryOf(number) ?? []);
  return toSnapshot({
    hostname: spec.hostname,
    ...(spec.homer ? { homer: spec.homer } : {}),
    ...(spec.maxCalls === undefined ? {} : { maxCalls: spec.maxCalls }),
    ...(insideAddress === undefined ? {} : { insideAddress }),
    sourceNetworks: [...(spec.access?.sourceNetworks ?? META_NETWORKS)].sort(compare),
    media: view.media(name).toSorted((a, b) => compare(a.name, b.name)),
    numbers: entries.toSorted((a, b) => compare(a.digits, b.digits)),
  });
}

/** A number in a gateway's snapshot; undefined where it has no place there. */
export function toEntry(view: RoutingView, number: WhatsAppNumber, gateway: SipGateway): NumberEntry | undefined {
  const hash = view.ha1(number, gateway.spec.hostname);
  if (hash === undefined || judgeNumber(view, number).kind === 'duplicate') return undefined;
  const { name } = number.metadata;
  const outbound = routesOf(view, name, 'Outbound').map((route) => toOutboundRoute(view, route, gateway.spec.hostname));
  const proof = view.proof(number);
  return {
    digits: digitsOf(number),
    name,
    ha1: hash,
    maxCalls: number.spec.maxCalls ?? null,
    ...traced(number),
    routes: routesOf(view, name, 'Inbound').map((route) => toEntryRoute(view, route)),
    outbound: proof && outbound.length > 0 ? { proof, keyExchange: number.spec.calling.keyExchange, routes: outbound } : null,
  };
}

function traced(number: WhatsAppNumber): Pick<NumberEntry, 'tracedUntil'> {
  const until = tracedUntil(number);
  return until === undefined ? {} : { tracedUntil: until };
}

const keyOf = ({ metadata: { namespace, name } }: SipRoute): string => `${namespace}/${name}`;

/** What stands in the entries of a route's numbers, of which there may be a thousand: made once. */
const withoutUsers = once((route: SipRoute): OutboundRoute => {
  const { match, sources, permission } = route.spec;
  return { name: keyOf(route), match: match ?? null, networks: (sources?.networks ?? []).toSorted(compare), users: [], asksPermission: permission !== undefined };
});

/**
 * A route as it was made before, where that says the same: its status is written and its passwords come while its numbers are
 * worked out one by one, and all of them are to share it.
 */
function shared<T extends { name: string }>(): (made: T) => T {
  const last = new Map<string, WeakRef<T>>();
  return (made) => {
    const before = last.get(made.name)?.deref();
    if (before && isDeepStrictEqual(before, made)) return before;
    last.set(made.name, new WeakRef(made));
    return made;
  };
}

const sharedCalls = shared<OutboundRoute>();
const openCalls = once((route: SipRoute) => sharedCalls(withoutUsers(route)));

function toOutboundRoute(view: RoutingView, route: SipRoute, hostname: string): OutboundRoute {
  const users = (route.spec.sources?.users ?? []).flatMap(({ username, passwordRef }) => {
    const password = view.password(route, passwordRef);
    return password === undefined ? [] : [{ name: username, ha1: ha1(username, hostname, password) }];
  });
  if (users.length === 0) return openCalls(route);
  return sharedCalls({ ...withoutUsers(route), users: users.toSorted((a, b) => compare(a.name, b.name)) });
}

const inOrder = (destinations: readonly Destination[]): Destination[] => destinations.toSorted((a, b) => a.priority - b.priority);

const sharedRoute = shared<EntryRoute>();

const withoutCredentials = once((route: SipRoute): EntryRoute => {
  const { match, destinations = [], failover = FAILOVER } = route.spec;
  return { name: keyOf(route), match: match ?? null, destinations: inOrder(destinations.map(toDestination)), failover: { ...failover, on: failover.on.toSorted(compare) } };
});

const openRoute = once((route: SipRoute) => sharedRoute(withoutCredentials(route)));

function toEntryRoute(view: RoutingView, route: SipRoute): EntryRoute {
  const { destinations = [] } = route.spec;
  if (!destinations.some(({ credentials }) => credentials)) return openRoute(route);
  const own = destinations.map((each) => ({ ...toDestination(each), credentials: toCredentials(view, route, each) }));
  return sharedRoute({ ...withoutCredentials(route), destinations: inOrder(own) });
}

function toCredentials(view: RoutingView, route: SipRoute, { credentials }: RouteDestination): Destination['credentials'] {
  if (!credentials) return null;
  const { username, realm, passwordRef } = credentials;
  const password = view.password(route, passwordRef);
  if (password === undefined) return null;
  return { username, realm, ...proofOf(username, password, realm) };
}
