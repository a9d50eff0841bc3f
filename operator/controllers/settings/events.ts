// SPDX-License-Identifier: Apache-2.0
// An event of Meta's webhooks says that something has changed: what it speaks of is looked at now.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { keyOf } from '../../kube/objects.ts';
import { affected, toKeys } from '../../meta/events.ts';

export interface EventTargets {
  /** Every number that there is. */
  numbers: () => readonly WhatsAppNumber[];
  /** Lets the next look at a number's settings ask Meta whatever was known, and asks for it. */
  look: (key: string) => void;
}

/** Handles one event, in Meta's envelope; returns the keys of the numbers that are looked at. What it does not know affects nothing. */
export function handleEvent(event: unknown, { numbers, look }: EventTargets): string[] {
  const known = numbers().map(({ metadata, spec }) => ({ key: keyOf(metadata), ...spec }));
  const keys = toKeys(affected(event), known);
  keys.forEach(look);
  return keys;
}
