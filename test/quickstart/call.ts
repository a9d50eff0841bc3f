// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meta } from '../meta/meta.ts';
import type { Call } from '../meta/sip/call.ts';
import { step } from '../cluster/steps.ts';
import { waitFor } from '../stage/wait.ts';

export const USER = '+15550002222';
export const USER_TONE = 440;

export interface TalkOptions {
  meta: Meta;
  to: string;
  seconds: number;
}

/** A user calls and talks; `talked` ends the call. Throws where nobody answers. */
export async function makeCall({ meta, to, seconds }: TalkOptions): Promise<Call> {
  const call = await step('call: set-up', async () => {
    const dialled = await meta.call({ to, from: USER, tone: USER_TONE });
    if (dialled.result?.kind !== 'answered') throw new Error(`the call was not answered: ${JSON.stringify(dialled.result)}`);
    return dialled;
  });
  await step('call: first audio from the PBX', () =>
    waitFor('audio from the PBX', () => call.media().received > 0, { timeoutMs: 20_000, everyMs: 5 }),
  );
  await step(`call: ${seconds} s of talk`, () => sleep(seconds * 1000));
  return call;
}
