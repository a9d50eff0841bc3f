// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { byAge } from './precedence.ts';
import { routesOf } from './routes.ts';
import type { Proof } from './snapshot.ts';
import type { RoutingView } from './view.ts';

/** What keeps a number from being served, or nothing. */
export type NumberVerdict =
  | { kind: 'served'; gateway: string; routes: string[] }
  | { kind: 'duplicate'; of: string; field: 'phoneNumber' | 'phoneNumberID' }
  | { kind: 'direct' }
  | { kind: 'no-gateway'; gateway: string }
  | { kind: 'no-password'; gateway: string };

export const digitsOf = (number: WhatsAppNumber): string => number.spec.phoneNumber.slice(1);

/** HA1 of RFC 7616 for MD5, which is what Meta answers our challenge with. */
export const ha1 = (user: string, realm: string, password: string): string =>
  createHash('md5').update(`${user}:${realm}:${password}`).digest('hex');

/** Realm of Meta's challenges to calls of a business. Source: Meta's SIP documentation, samples of December 2025. */
const META_REALM = 'wa.meta.vc';

/** HA1 of RFC 7616 for both algorithms that we are challenged with, by Meta where nobody else is named. */
export const proofOf = (user: string, password: string, realm = META_REALM): Proof => ({
  md5: ha1(user, realm, password),
  sha256: createHash('sha256').update(`${user}:${realm}:${password}`).digest('hex'),
});

export function judgeNumber(view: RoutingView, number: WhatsAppNumber): NumberVerdict {
  const { metadata: { name }, spec } = number;
  const duplicate = duplicateOf(view, number);
  if (duplicate) return duplicate;
  if (spec.direct) return { kind: 'direct' };
  const gateway = spec.gatewayRef.name;
  const realm = view.gateway(gateway)?.spec.hostname;
  if (realm === undefined) return { kind: 'no-gateway', gateway };
  if (view.ha1(number, realm) === undefined) return { kind: 'no-password', gateway };
  return { kind: 'served', gateway, routes: routesOf(view, name, 'Inbound').map(({ metadata }) => metadata.name) };
}

type Duplicate = Extract<NumberVerdict, { kind: 'duplicate' }>;

/**
 * The older number that has the same phone number or id, unless that one has to stand back itself. `known` are those judged
 * on the way, each once: a careless template may give hundreds of numbers the same id.
 */
function duplicateOf(view: RoutingView, number: WhatsAppNumber, known = new Map<string, Duplicate | undefined>()): Duplicate | undefined {
  const { name } = number.metadata;
  if (known.has(name)) return known.get(name);
  const older = view.rivalsOf(number).filter((rival) => byAge(rival, number) < 0);
  // The oldest first, so that each is judged by those before it, and the depth of the judging stays small.
  const standing = older.toSorted(byAge).filter((rival) => !duplicateOf(view, rival, known));
  const found = (['phoneNumber', 'phoneNumberID'] as const).flatMap((field): Duplicate[] => {
    const rival = standing.find(({ spec }) => spec[field] === number.spec[field]);
    return rival ? [{ kind: 'duplicate', of: rival.metadata.name, field }] : [];
  });
  known.set(name, found[0]);
  return found[0];
}
