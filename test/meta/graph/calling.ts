// SPDX-License-Identifier: Apache-2.0
// Whether a number may call users at all, in Graph's words. Source: "Calling API error codes".
import { countriesWithoutBusinessCalls } from './consent.ts';
import { GraphError } from './errors.ts';
import { type NumberState, type Restriction, restrictionsInForce } from './number.ts';

/** The restriction that keeps the number from calling. `now` in milliseconds. */
export function pauseOfBusinessCalls(number: NumberState, now: number): Restriction | undefined {
  return restrictionsInForce(number, now).find(({ type }) => type !== 'RESTRICTED_USER_INITIATED_CALLING');
}

export function hasBusinessCalls(number: NumberState): boolean {
  return !countriesWithoutBusinessCalls.has(number.countryCode);
}

/** Throws GraphError 138000, whose HTTP status is 401 though no token is at fault. */
export function mustHaveCalling({ calling, phoneNumberID }: NumberState): void {
  if (calling.status === 'ENABLED') return;
  const details = `Calling is not enabled for the phone number ${phoneNumberID}`;
  throw new GraphError({ status: 401, code: 138000 }, 'Calling not enabled', details);
}
