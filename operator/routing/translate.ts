// SPDX-License-Identifier: Apache-2.0
// A gateway's part of everything that routing decides, as its proxies need it.
import type { SipGateway } from '../api/sipgateway.ts';
import type { SipRoute } from '../api/siproute.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { META_NETWORKS } from './networks.ts';
import { digitsOf, judgeNumber } from './numbers.ts';
import { compare } from './precedence.ts';
import { routesOf } from './routes.ts';
import { toSnapshot, type EntryRoute, type NumberEntry, type Snapshot } from './snapshot.ts';
import { toAddress } from './uri.ts';
import type { RoutingView } from './view.ts';

/** A gateway's snapshot. Pure: the same view gives the same one, whatever the order of its lists. */
export function translate(view: RoutingView, gateway: SipGateway): Snapshot {
  const { metadata: { name }, spec } = gateway;
  const entries = view.numbersOf(gateway).flatMap((number) => toEntry(view, number, gateway) ?? []);
  return toSnapshot({
    hostname: spec.hostname,
    sourceNetworks: [...(spec.access?.sourceNetworks ?? META_NETWORKS)].sort(compare),
    media: view.media(name).toSorted((a, b) => compare(a.name, b.name)),
    numbers: entries.toSorted((a, b) => compare(a.digits, b.digits)),
  });
}

/** A number in a gateway's snapshot; undefined where it has no place there. */
export function toEntry(view: RoutingView, number: WhatsAppNumber, gateway: SipGateway): NumberEntry | undefined {
  const ha1 = view.ha1(number, gateway.spec.hostname);
  if (ha1 === undefined || judgeNumber(view, number).kind === 'duplicate') return undefined;
  const { name } = number.metadata;
  return { digits: digitsOf(number), name, ha1, routes: routesOf(view, name).map(toEntryRoute) };
}

const known = new WeakMap<SipRoute, EntryRoute>();

/** A route as it stands in the entries of its numbers, of which there may be a thousand: made once. */
function toEntryRoute(route: SipRoute): EntryRoute {
  const made = known.get(route);
  if (made) return made;
  const { match, destinations, failover } = route.spec;
  const sorted = destinations
    .map(({ uri, priority, weight, probe, media }) => ({ priority, weight, probe: probe === 'Options', ...toAddress(uri), media }))
    .sort((a, b) => a.priority - b.priority);
  const name = `${route.metadata.namespace}/${route.metadata.name}`;
  const entry = { name, match: match ?? null, destinations: sorted, failover: { ...failover, on: failover.on.toSorted(compare) } };
  known.set(route, entry);
  return entry;
}
