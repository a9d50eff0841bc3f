// SPDX-License-Identifier: Apache-2.0
// Why a snapshot must not be published yet although it could be. Pure.
import { no, stalled, type Verdict } from '../../api/conditions.ts';
import type { SipGateway } from '../../api/sipgateway.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { names } from '../../resources/names.ts';
import type { Packed } from '../../routing/packing.ts';
import { standing } from '../shared/standing.ts';

export interface Withholding {
  gateway: SipGateway;
  /** Numbers that name the gateway. */
  numbers: readonly WhatsAppNumber[];
  /** Whether the password of a number is known in the gateway's realm. */
  isKnown: (number: WhatsAppNumber) => boolean;
  /** Numbers that the proxies serve and our copy of the cluster lacks, although they are there. */
  unseen: readonly string[];
}

/** A Secret holds 1 MiB; and of what is in it agents and engines must be able to keep more than one copy. */
const MOST = { packed: 1_000_000, plain: 24 * 2 ** 20 };

/** Why a snapshot of this size cannot be given to the proxies. */
export function tooLarge({ packed, plain }: Packed['bytes']): Verdict | undefined {
  if (packed <= MOST.packed && plain <= MOST.plain) return undefined;
  const size = (bytes: number): string => `${Math.ceil(bytes / 1000)} kB`;
  return stalled(
    'ConfigurationTooLarge',
    `numbers and routes take ${size(plain)}, ${size(packed)} packed, of ${size(MOST.plain)} and ${size(MOST.packed)}: the proxies keep what they have. ` +
      'Let numbers share routes, shorten lists of matches, or spread the numbers over several gateways',
  );
}

/**
 * Says so where the next snapshot would take numbers away that the proxies serve: those whose hash went with a Secret that
 * was lost while no operator ran, and those that a copy of the cluster that is behind does not have yet.
 */
export function withheld({ gateway, numbers, isKnown, unseen }: Withholding): Verdict | undefined {
  const [behind] = unseen;
  if (behind !== undefined) return no('Applying', `the operator does not see number "${behind}" yet, which the proxies serve`);
  const lost = numbers.filter((number) => standing(number, 'Programmed')?.status === 'True' && !isKnown(number));
  const [first] = lost;
  if (!first) return undefined;
  const others = lost.length > 1 ? ` and ${lost.length - 1} more` : '';
  return no(
    'Applying',
    `Secret "${names.snapshot(gateway.metadata.name)}" was lost: the proxies keep what they have until Meta has told the SIP password ` +
      `of number "${first.metadata.name}"${others} again; the conditions of these say what Meta needs`,
  );
}
