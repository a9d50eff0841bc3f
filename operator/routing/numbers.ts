// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { byAge } from './precedence.ts';

/** What keeps a number from being served, or nothing. */
export type NumberVerdict =
  | { kind: 'served'; gateway: string; route: string | undefined }
  | { kind: 'duplicate'; of: string; field: 'phoneNumber' | 'phoneNumberID' }
  | { kind: 'direct' }
  | { kind: 'no-gateway'; gateway: string }
  | { kind: 'no-password'; gateway: string };

export const digitsOf = (number: WhatsAppNumber): string => number.spec.phoneNumber.slice(1);

/** HA1 of RFC 7616 for MD5, which is what Meta answers our challenge with. */
export const ha1 = (user: string, realm: string, password: string): string =>
  createHash('md5').update(`${user}:${realm}:${password}`).digest('hex');

const known = new WeakMap<WhatsAppNumber, { realm: string; password: string; ha1: string }>();

/** The HA1 of a number, computed once for as long as nothing of it changes: there may be ten thousand. */
export function ha1Of(number: WhatsAppNumber, realm: string, password: string): string {
  const before = known.get(number);
  if (before?.realm === realm && before.password === password) return before.ha1;
  const now = { realm, password, ha1: ha1(digitsOf(number), realm, password) };
  known.set(number, now);
  return now.ha1;
}

/** For each number that repeats an older one's phone number or id: which one, and in what. */
export function findDuplicates(
  numbers: readonly WhatsAppNumber[],
): Map<string, Extract<NumberVerdict, { kind: 'duplicate' }>> {
  const seen = { phoneNumber: new Map<string, string>(), phoneNumberID: new Map<string, string>() };
  const duplicates = new Map<string, Extract<NumberVerdict, { kind: 'duplicate' }>>();
  for (const { metadata, spec } of [...numbers].sort(byAge)) {
    const field = (['phoneNumber', 'phoneNumberID'] as const).find((key) => seen[key].has(spec[key]));
    if (field) {
      duplicates.set(metadata.name, { kind: 'duplicate', of: seen[field].get(spec[field]) ?? '', field });
      continue;
    }
    seen.phoneNumber.set(spec.phoneNumber, metadata.name);
    seen.phoneNumberID.set(spec.phoneNumberID, metadata.name);
  }
  return duplicates;
}
