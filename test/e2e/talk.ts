// SPDX-License-Identifier: Apache-2.0
// Calls as tests speak of them: placed, heard at both ends, ended.
import { expect } from 'vitest';
import type { Call } from '../meta/sip/call.ts';
import type { CallOptions } from '../meta/sip/outcome.ts';
import type { UserEnd } from '../meta/sip/userend.ts';
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

/**
 * rtpengine protects the reports that it makes itself, which it does for what its player plays, with keys that are not
 * meant for them where RTCP shares the port of RTP (rtcp_send_report in its daemon/rtcp.c). Meta drops those.
 */
export const PLAYER = { reports: 'its own' } as const;

/**
 * Waits until the user hears a PBX's tone: some seconds of audio from now on, the last of them clean (at a call's start the
 * codecs and the PBX's own clock still settle). Nearly every packet must have come, and none may be undecryptable.
 */
export async function hears(call: UserEnd, pbx: Pick<Pbx, 'name' | 'tone'>, seconds = 2, { reports }: { reports?: 'its own' } = {}): Promise<void> {
  const mark = call.mark();
  const heard = await waitFor(
    `the tone of ${pbx.name}`,
    () => {
      const media = call.media(mark);
      // Of what the clock says is due, 95 % must have come: late packets are waited for, missing ones never satisfy this.
      if (media.received < seconds * 50 || media.received / media.expected < 0.95) return undefined;
      const shares = media.toneShares(pbx.tone);
      return shares.length >= seconds && (shares.at(-1) ?? 0) >= 0.9 && media;
    },
    {
      timeoutMs: 15_000 + seconds * 1000,
      last: () => {
        const media = call.media(mark);
        return `${media.received} of ${media.expected} packets, tone ${JSON.stringify(media.toneShares(pbx.tone))}; ${JSON.stringify(call.journal.timeline.slice(-5))}`;
      },
    },
  );
  expect(heard.undecryptable).toBe(0);
  expect(reports ? 0 : heard.rtcpUndecryptable).toBe(0);
  expect(heard.received / (heard.received + heard.lost)).toBeGreaterThanOrEqual(0.95);
}

/** The user hangs up; the business has broken none of Meta's rules meanwhile. */
export async function hangUp(call: UserEnd): Promise<void> {
  const ending = await call.hangup();
  expect(ending).toMatchObject({ by: 'user', byeStatus: 200 });
  expectClean(call);
}

/** Nothing that Meta's documents forbid was seen in this call. */
export function expectClean(call: UserEnd): void {
  expect(call.journal.findings).toEqual([]);
  expect(call.journal.inDialogRequests).toEqual([]);
}

/** Address of the media pod that a user hears a call from. */
export const relayOf = (call: UserEnd): string => (call.media().sources.at(-1) ?? '').split(':')[0] ?? '';
