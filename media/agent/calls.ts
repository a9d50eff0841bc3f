// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { SilentRelayError, type Relays } from './contract.ts';

/** Calls by the number's digits; null where that cannot be told, because not every relay that may have calls says so. */
export type Calls = Readonly<Record<string, number>> | null;

/** A relay that is out of use and was silent for so long is gone, and its calls with it. */
export const GONE_MS = 60_000;
/** One that is out of use and silent is asked so often, since each time takes as long as it takes to call it silent. */
export const AGAIN_MS = 5000;
/** Longer nobody who asks for the status would wait; what was learned until then is kept for the next question. */
export const ANSWER_MS = 1000;

interface Relay {
  /** Whether it may get new calls. */
  inUse: boolean;
  /** Whether its last answer told all its calls. */
  told: boolean;
  silentSince: number | undefined;
  /** When it was last asked in vain. */
  silentAt: number;
  /** Digits of the number of each call, empty where its offer did not say. */
  numbers: Map<string, string>;
}

/** Counts calls at the media relays, which alone know every call of a gateway, whatever proxies and agents have come and gone. */
export class CallCount {
  readonly #relays = new Map<string, Relay>();
  readonly #source: Relays;
  readonly #log: Logger;
  readonly #now: () => number;
  #counting: Promise<Calls> | undefined;
  #began = false;
  #problem: string | undefined;

  /** `now` is a clock in milliseconds. */
  constructor(source: Relays, log: Logger, now: () => number) {
    this.#source = source;
    this.#log = log;
    this.#now = now;
  }

  /** Says which relays may get calls. One that no longer may is still asked until it has none, or is gone. */
  use(relays: readonly string[]): void {
    this.#began = true;
    for (const relay of this.#relays.values()) relay.inUse = false;
    for (const address of relays) {
      const known = this.#relays.get(address);
      if (known) known.inUse = true;
      else this.#relays.set(address, { inUse: true, told: false, silentSince: undefined, silentAt: 0, numbers: new Map() });
    }
  }

  /** Asks all relays; questions at the same time share an answer. */
  count(): Promise<Calls> {
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  async #count(): Promise<Calls> {
    if (!this.#began) return null;
    const deadline = this.#now() + ANSWER_MS;
    const problems: string[] = [];
    const asked = [...this.#relays].map(([address, relay]) =>
      this.#ask(address, relay, deadline).catch((error: unknown) => {
        problems.push(error instanceof Error ? error.message : String(error));
      }),
    );
    await Promise.all(asked);
    for (const [address, relay] of this.#relays) if (isOver(relay, this.#now())) this.#relays.delete(address);
    this.#tell(problems);
    return problems.length > 0 ? null : tally([...this.#relays.values()].flatMap(({ numbers }) => [...numbers.values()]));
  }

  async #ask(address: string, relay: Relay, deadline: number): Promise<void> {
    relay.told = false;
    if (!relay.inUse && relay.silentSince !== undefined && this.#now() - relay.silentAt < AGAIN_MS) throw new SilentRelayError(address);
    try {
      await this.#learn(address, relay, deadline);
      relay.told = true;
      relay.silentSince = undefined;
    } catch (error) {
      relay.silentSince = error instanceof SilentRelayError ? (relay.silentSince ?? this.#now()) : undefined;
      relay.silentAt = this.#now();
      throw error;
    }
  }

  /** Brings what is known of a relay to what it says. */
  async #learn(address: string, { numbers }: Relay, deadline: number): Promise<void> {
    const live = new Set(await this.#source.calls(address));
    for (const callId of numbers.keys()) if (!live.has(callId)) numbers.delete(callId);
    for (const callId of live) {
      if (numbers.has(callId)) continue;
      if (this.#now() > deadline) throw new Error(`media relay ${address} has more new calls than could be asked about`);
      const digits = await this.#source.digitsOf(address, callId);
      // A call may end between the two questions.
      if (digits !== undefined) numbers.set(callId, digits);
    }
    if ([...numbers.values()].includes('')) throw new Error(`media relay ${address} has calls that do not say their number`);
  }

  #tell(problems: readonly string[]): void {
    const problem = problems.length > 0 ? problems.join('; ') : undefined;
    if (problem && problem !== this.#problem) this.#log.warn({ problem }, 'calls cannot be counted');
    this.#problem = problem;
  }
}

/** Whether a relay need not be asked again: it gets no calls, and has none or is gone. Pure. */
function isOver({ inUse, told, silentSince, numbers }: Relay, now: number): boolean {
  if (inUse) return false;
  return (told && numbers.size === 0) || (silentSince !== undefined && now - silentSince >= GONE_MS);
}

function tally(numbers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const digits of numbers) counts[digits] = (counts[digits] ?? 0) + 1;
  return counts;
}
