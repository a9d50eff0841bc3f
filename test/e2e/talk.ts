// SPDX-License-Identifier: Apache-2.0
// Calls as tests speak of them: placed, heard at both ends, ended.
import { expect } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import type { CallOptions } from '../meta/sip/outcome.ts';
import { waitFor } from '../stage/wait.ts';
import type { Line, Pbx, World } from './world.ts';

export const USER_TONE = 440;

/** A user calls and is answered. Fails with what happened instead. */
export async function place(world: World, { phoneNumber }: Line, options: Partial<CallOptions> = {}): Promise<Call> {
  const call = await world.meta.call({ to: phoneNumber, tone: USER_TONE, ...options });
  if (call.result?.kind !== 'answered') {
    throw new Error(`call to ${phoneNumber} was not answered: ${JSON.stringify(call.result)}\n${JSON.stringify(call.journal.timeline)}`);
  }
  return call;
}

/** Waits until the user has heard a PBX for some seconds from now on, and makes sure that it was heard well. */
export async function hears(call: Call, pbx: Pbx, seconds = 2): Promise<void> {
  const mark = call.mark();
  const packets = seconds * 50;
  await waitFor(`${packets} packets from ${pbx.name}`, () => call.media(mark).received >= packets, {
    timeoutMs: 20_000 + seconds * 1000,
    last: () => `${call.media(mark).received} packets; ${JSON.stringify(call.journal.timeline.slice(-5))}`,
  });
  const media = call.media(mark);
  expect.soft(media.undecryptable).toBe(0);
  expect.soft(media.received / media.expected).toBeGreaterThanOrEqual(0.95);
  expect(media.toneShare(pbx.tone)).toBeGreaterThanOrEqual(0.9);
}

/** The user hangs up; the business has broken none of Meta's rules meanwhile. */
export async function hangUp(call: Call): Promise<void> {
  const ending = await call.hangup();
  expect(ending).toMatchObject({ by: 'user', byeStatus: 200 });
  expectClean(call);
}

/** Nothing that Meta's documents forbid was seen in this call. */
export function expectClean(call: Call): void {
  expect(call.journal.findings).toEqual([]);
  expect(call.journal.inDialogRequests).toEqual([]);
}
