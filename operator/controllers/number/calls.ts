// SPDX-License-Identifier: Apache-2.0
// How many calls a number has, as its status shows it. Pure.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { digitsOf } from '../../routing/numbers.ts';

/** Meta allows a number so many at once: https://developers.facebook.com/docs/whatsapp/cloud-api/calling */
const META_ALLOWS = 1000;

/** The most calls that a number may have at once. */
export const mostOf = ({ spec }: WhatsAppNumber): number => spec.maxCalls ?? META_ALLOWS;

/** Each costs a write, and calls come and go all the time. */
export const AT_ONCE = 20;

/**
 * Keys of numbers whose status tells another count than there is now; of too many those that are furthest from it, as a share of what they may have.
 * @param callsOf calls of a number by its digits; undefined where that is not known
 */
export function outdated(numbers: readonly WhatsAppNumber[], callsOf: (digits: string) => number | undefined): string[] {
  const differing = numbers.flatMap((number) => {
    const [calls, shown] = [callsOf(digitsOf(number)), Number.parseInt(number.status?.calls ?? '0', 10)];
    const { namespace, name } = number.metadata;
    return calls === undefined || calls === shown ? [] : [{ key: `${namespace}/${name}`, by: Math.abs(calls - shown) / mostOf(number) }];
  });
  return differing.toSorted((a, b) => b.by - a.by).slice(0, AT_ONCE).map(({ key }) => key);
}
