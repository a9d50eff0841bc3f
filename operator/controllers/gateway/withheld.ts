// SPDX-License-Identifier: Apache-2.0
// Why a snapshot must not be published yet although it could be. Pure.
import type { SipGateway } from '../../api/sipgateway.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { names } from '../../resources/names.ts';
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

/**
 * A sentence where the next snapshot would take numbers away that the proxies serve: those whose hash went with a Secret that
 * was lost while no operator ran, and those that a copy of the cluster that is behind does not have yet.
 */
export function withheld({ gateway, numbers, isKnown, unseen }: Withholding): string | undefined {
  const [behind] = unseen;
  if (behind !== undefined) return `the operator does not see number "${behind}" yet, which the proxies serve`;
  const lost = numbers.filter((number) => standing(number, 'Programmed')?.status === 'True' && !isKnown(number));
  const [first] = lost;
  if (!first) return undefined;
  const others = lost.length > 1 ? ` and ${lost.length - 1} more` : '';
  return (
    `Secret "${names.snapshot(gateway.metadata.name)}" was lost: the proxies keep what they have until Meta has told the SIP password ` +
    `of number "${first.metadata.name}"${others} again; the conditions of these say what Meta needs`
  );
}
