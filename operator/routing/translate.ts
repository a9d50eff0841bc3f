// SPDX-License-Identifier: Apache-2.0
// The one place where routing is decided: the objects of a namespace in, a snapshot per gateway and a verdict per object out.
import type { SipGateway } from '../api/sipgateway.ts';
import type { SipRoute } from '../api/siproute.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { META_NETWORKS } from './networks.ts';
import { digitsOf, findDuplicates, ha1Of, type NumberVerdict } from './numbers.ts';
import { compare } from './precedence.ts';
import { chooseRoutes, type RouteVerdict } from './routes.ts';
import { toSnapshot, type Destination, type MediaRelay, type NumberEntry, type Snapshot } from './snapshot.ts';
import { toDestination } from './uri.ts';

export interface RoutingInput {
  gateways: readonly SipGateway[];
  numbers: readonly WhatsAppNumber[];
  routes: readonly SipRoute[];
  /** Meta's SIP passwords, by the number's name. */
  passwords: ReadonlyMap<string, string>;
  /** Relays that take calls, by the gateway's name. */
  media: ReadonlyMap<string, readonly MediaRelay[]>;
}

export interface Translation {
  snapshots: Map<string, Snapshot>;
  numbers: Map<string, NumberVerdict>;
  routes: Map<string, RouteVerdict>;
}

/** Decides everything about a namespace's calls. Pure: same input, same output, whatever the order of the lists. */
export function translate(input: RoutingInput): Translation {
  const modes = new Map(input.numbers.map(({ metadata, spec }) => [metadata.name, spec.direct ? 'direct' : 'proxied'] as const));
  const { winners, verdicts } = chooseRoutes(input.routes, (name) => modes.get(name));
  const numbers = judgeNumbers(input, winners);
  const snapshots = input.gateways.map((gateway) => {
    const { name } = gateway.metadata;
    const served = input.numbers.filter((number) => isServedBy(numbers.get(number.metadata.name), name));
    const entries = served.map((number) => {
      const route = winners.get(number.metadata.name);
      return toEntry(number, gateway, input.passwords, route && firstDestination(route));
    });
    return [name, toGatewaySnapshot(gateway, entries, input.media.get(name) ?? [])] as const;
  });
  return { snapshots: new Map(snapshots), numbers, routes: verdicts };
}

function judgeNumbers(input: RoutingInput, winners: ReadonlyMap<string, SipRoute>): Map<string, NumberVerdict> {
  const gateways = new Set(input.gateways.map((gateway) => gateway.metadata.name));
  const duplicates = findDuplicates(input.numbers);
  const judge = ({ metadata: { name }, spec }: WhatsAppNumber): NumberVerdict => {
    const duplicate = duplicates.get(name);
    if (duplicate) return duplicate;
    if (spec.direct) return { kind: 'direct' };
    const gateway = spec.gatewayRef.name;
    if (!gateways.has(gateway)) return { kind: 'no-gateway', gateway };
    if (!input.passwords.has(name)) return { kind: 'no-password', gateway };
    return { kind: 'served', gateway, route: winners.get(name)?.metadata.name };
  };
  return new Map(input.numbers.map((number) => [number.metadata.name, judge(number)]));
}

const isServedBy = (verdict: NumberVerdict | undefined, gateway: string): boolean =>
  verdict?.kind === 'served' && verdict.gateway === gateway;

const firstDestination = (route: SipRoute): Destination | undefined => {
  const [first] = route.spec.destinations;
  return first && toDestination(first.uri);
};

function toEntry(
  number: WhatsAppNumber,
  gateway: SipGateway,
  passwords: ReadonlyMap<string, string>,
  destination: Destination | undefined,
): NumberEntry {
  const digits = digitsOf(number);
  const password = passwords.get(number.metadata.name) ?? '';
  return {
    digits,
    name: number.metadata.name,
    ha1: ha1Of(number, gateway.spec.hostname, password),
    destination: destination ?? null,
  };
}

function toGatewaySnapshot(gateway: SipGateway, entries: NumberEntry[], media: readonly MediaRelay[]): Snapshot {
  return toSnapshot({
    hostname: gateway.spec.hostname,
    sourceNetworks: [...(gateway.spec.access?.sourceNetworks ?? META_NETWORKS)].sort(compare),
    media: media.toSorted((a, b) => compare(a.name, b.name)),
    numbers: entries.toSorted((a, b) => compare(a.digits, b.digits)),
  });
}
