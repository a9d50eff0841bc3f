// SPDX-License-Identifier: Apache-2.0
// A gateway's part of everything that routing decides, as its proxies need it.
import type { SipGateway } from '../api/sipgateway.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { META_NETWORKS } from './networks.ts';
import { digitsOf, judgeNumber } from './numbers.ts';
import { compare } from './precedence.ts';
import { routeOf } from './routes.ts';
import { toSnapshot, type NumberEntry, type Snapshot } from './snapshot.ts';
import { toDestination } from './uri.ts';
import type { RoutingView } from './view.ts';

/** A gateway's snapshot. Pure: the same view gives the same one, whatever the order of its lists. */
export function translate(view: RoutingView, gateway: SipGateway): Snapshot {
  const { metadata: { name }, spec } = gateway;
  const entries = view.numbersOf(name).flatMap((number) => toEntry(view, number) ?? []);
  return toSnapshot({
    hostname: spec.hostname,
    sourceNetworks: [...(spec.access?.sourceNetworks ?? META_NETWORKS)].sort(compare),
    media: view.media(name).toSorted((a, b) => compare(a.name, b.name)),
    numbers: entries.toSorted((a, b) => compare(a.digits, b.digits)),
  });
}

/** A number in its gateway's snapshot; undefined where it is not served. */
export function toEntry(view: RoutingView, number: WhatsAppNumber): NumberEntry | undefined {
  const verdict = judgeNumber(view, number);
  const realm = verdict.kind === 'served' ? view.gateway(verdict.gateway)?.spec.hostname : undefined;
  const ha1 = realm === undefined ? undefined : view.ha1(number, realm);
  if (ha1 === undefined) return undefined;
  const { name } = number.metadata;
  const [first] = routeOf(view, name)?.spec.destinations ?? [];
  return { digits: digitsOf(number), name, ha1, destination: first ? toDestination(first.uri) : null };
}
