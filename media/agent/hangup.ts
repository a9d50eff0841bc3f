// SPDX-License-Identifier: Apache-2.0
// Ends a call for whoever may.
import type { Logger } from 'pino';
import type { CallCount, LiveCall } from './calls.ts';
import type { EndedBy, Engine, Relays } from './contract.ts';
import type { Sides } from './label.ts';

/** Ends the call with an id at both ends. Returns whether there was one that was answered. */
export type HangUp = (callId: string) => Promise<boolean>;

export interface HangUpParts {
  calls: Pick<CallCount, 'live'>;
  engine: Pick<Engine, 'bye'>;
  relays: Pick<Relays, 'end'>;
  log: Logger;
}

/** Other agents wait so much longer, in case the one whose turn it is has gone. */
const GRACE_S = 5;

/** Ids of the calls that the agent at an address is to end now, in seconds of the epoch. Pure. */
export const due = (live: readonly LiveCall[], address: string, now: number): string[] =>
  live.flatMap(({ callId, ending }) => (ending && now >= ending.at + (ending.by === address ? 0 : GRACE_S) ? [callId] : []));

export interface LosingParts extends Pick<HangUpParts, 'engine' | 'log'> {
  /** Told how many calls were lost. */
  count: (calls: number) => void;
}

/** Ends calls whose media relay is gone at both ends: neither is left in silence. Whoever of several agents comes second is told that there is no such call. */
export const losing =
  ({ engine, log, count }: LosingParts) =>
  async (calls: readonly LiveCall[]): Promise<void> => {
    count(calls.length);
    for (const { callId, relay, sides } of calls) {
      log.warn({ callId, relay }, 'call has lost its media relay and is ended');
      if (sides) await tellBoth({ engine, log }, callId, sides, 'LostRelay');
    }
  };

/** One that cannot be told does not keep the other. */
async function tellBoth({ engine, log }: Pick<HangUpParts, 'engine' | 'log'>, callId: string, { caller, callee }: Sides, why: EndedBy): Promise<void> {
  const told = await Promise.allSettled([caller, ...(callee ? [callee] : [])].map((side) => engine.bye(callId, side, why)));
  for (const each of told) if (each.status === 'rejected') log.warn({ callId, err: each.reason as unknown }, 'an end of the call could not be told');
}

/** Both ends are told before the media goes, so that neither is left in silence. */
export const hangingUp =
  ({ calls, engine, relays, log }: HangUpParts): HangUp =>
  async (callId) => {
    const call = (await calls.live()).find((each) => each.callId === callId);
    if (!call?.sides) return false;
    log.info({ callId }, 'call is ended');
    await tellBoth({ engine, log }, callId, call.sides, 'Operator');
    await relays.end(call.relay, callId).catch((error: unknown) => log.warn({ callId, err: error }, 'the media of a call that was ended could not be freed'));
    return true;
  };

export interface EndingParts extends Pick<HangUpParts, 'calls' | 'log'> {
  hangUp: HangUp;
  /** Of this agent's pod. */
  address: string;
  /** A clock in seconds of the epoch. */
  now: () => number;
}

/** Ends announcements that are over. */
export class Endings {
  readonly #parts: EndingParts;
  #isLooking = false;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** A look during a look is none: no call is ended twice. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    const { calls, hangUp, address, now, log } = this.#parts;
    this.#isLooking = true;
    try {
      for (const callId of due(await calls.live(), address, now())) await hangUp(callId);
    } catch (error) {
      log.warn({ err: error }, 'announcements that are over could not be ended');
    } finally {
      this.#isLooking = false;
    }
  }
}
