// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import { SilentRelayError, type RelayedCall, type RelayedSide, type RelayLoad, type Relays } from './contract.ts';
import { readLabels, type CallLabel } from './label.ts';

type Counts = Readonly<Record<string, number>>;

/** Calls by the number's digits and by destination; null where that cannot be told, because not every relay that may have calls says so. */
export type Calls = { numbers: Counts; destinations: Counts } | null;

/** A relay that is no more, and was silent for so long, is gone, and its calls with it. */
export const GONE_MS = 5_000;
/** One that is no more and was silent is asked so often. */
export const AGAIN_MS = 2000;
/** By so much two answers may differ about when a relay began. */
const CLOCKS_S = 3;
/** What was counted longer ago says nothing of now. */
export const STALE_MS = 4000;
/** Longer nobody who asks for the status would wait; what was learned until then is kept for the next question. */
export const ANSWER_MS = 1000;

/** A call that a relay has now. */
export interface LiveCall extends CallLabel {
  callId: string;
  /** Address of the relay. */
  relay: string;
  /** When its first offer came, in seconds of the epoch. */
  since: number;
}

/** How much a relay has to do, and since when it has had the oldest of its calls, in seconds of the epoch. */
export interface KnownLoad extends RelayLoad {
  oldest?: number | undefined;
}

interface KnownCall extends RelayedCall {
  /** Undefined where nothing was said. */
  label: CallLabel | undefined;
}

interface Relay {
  /** Whether it may get new calls. */
  inUse: boolean;
  /** Whether its last answer told all its calls. */
  told: boolean;
  silentSince: number | undefined;
  /** When it began itself, as it said last. */
  began: number | undefined;
  /** What it has to do, as its last answer said; undefined where there was none. */
  load: RelayLoad | undefined;
  /** Whether it is being asked in the background. */
  isAsked: boolean;
  /** When it was last asked in vain. */
  silentAt: number;
  /** What is known of each call. */
  known: Map<string, KnownCall>;
  /** And of those that it had before it began anew, until it was seen to. */
  before: ReadonlyMap<string, KnownCall>;
}

/** Counts calls at the media relays, which alone know every call of a gateway, whatever proxies and agents have come and gone. */
export class CallCount {
  readonly #relays = new Map<string, Relay>();
  readonly #source: Relays;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #lost: (calls: readonly LiveCall[]) => void;
  #counting: Promise<Calls> | undefined;
  #began = false;
  /** When a count was finished last. */
  #countedAt = -Infinity;
  #problem: string | undefined;

  /**
   * @param now a clock in milliseconds
   * @param lost told of calls that were answered and whose relay has begun anew and cannot go on with them, or is gone
   */
  constructor(source: Relays, log: Logger, now: () => number, lost: (calls: readonly LiveCall[]) => void) {
    this.#source = source;
    this.#log = log;
    this.#now = now;
    this.#lost = lost;
  }

  /** Says which relays there are: also those that get no new calls. One that is no more is still asked until it has none, or is gone. */
  use(relays: readonly string[]): void {
    this.#began = true;
    for (const relay of this.#relays.values()) relay.inUse = false;
    for (const address of relays) {
      const known = this.#relays.get(address);
      if (known) known.inUse = true;
      else this.#relays.set(address, { inUse: true, told: false, began: undefined, load: undefined, silentSince: undefined, isAsked: false, silentAt: 0, known: new Map(), before: new Map() });
    }
  }

  /** Asks all relays; questions at the same time share an answer. */
  count(): Promise<Calls> {
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  /** What relays had to do when they were asked last, by address; nothing of those that did not tell, or where nobody asks any more. */
  get loads(): ReadonlyMap<string, KnownLoad> {
    if (this.#now() - this.#countedAt > STALE_MS) return new Map();
    return new Map([...this.#relays].flatMap(([address, { load, known }]) => (load ? [[address, { ...load, oldest: oldestOf(known) }] as const] : [])));
  }

  /** The calls that there are, as far as that can be told, the oldest first. */
  async live(): Promise<LiveCall[]> {
    await this.count();
    return this.#live().toSorted((a, b) => a.since - b.since);
  }

  #live(): LiveCall[] {
    return [...this.#relays].flatMap(([address, { known }]) => callsOf(address, known));
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
    this.#countedAt = this.#now();
    for (const [address, relay] of this.#relays) {
      if (!isOver(relay, this.#now())) continue;
      this.#relays.delete(address);
      this.#lose(address, relay.known);
    }
    this.#tell(problems);
    return problems.length > 0 ? null : tally(this.#live());
  }

  /** A relay that is no more and was silent is asked again in the background, now and then: nobody is to wait for it each time. */
  async #ask(address: string, relay: Relay, deadline: number): Promise<void> {
    relay.told = false;
    if (relay.inUse || relay.silentSince === undefined) return this.#hear(address, relay, deadline);
    if (!relay.isAsked && this.#now() - relay.silentAt >= AGAIN_MS) {
      relay.isAsked = true;
      void this.#hear(address, relay, Infinity)
        .catch(() => {})
        .finally(() => {
          relay.isAsked = false;
        });
    }
    throw new SilentRelayError(address);
  }

  async #hear(address: string, relay: Relay, deadline: number): Promise<void> {
    try {
      const load = await this.#source.load(address);
      if (relay.began !== undefined && load.began - relay.began > CLOCKS_S) relay.before = new Map([...relay.before, ...relay.known]);
      [relay.load, relay.began] = [load, load.began];
      await this.#learn(address, relay, deadline);
      await this.#takeUp(address, relay);
      relay.told = true;
      relay.silentSince = undefined;
    } catch (error) {
      if (error instanceof SilentRelayError) relay.load = undefined;
      relay.silentSince = error instanceof SilentRelayError ? (relay.silentSince ?? this.#now()) : undefined;
      relay.silentAt = this.#now();
      throw error;
    }
  }

  /** A process of a relay that has begun anew may have calls from the one before it. */
  async #takeUp(address: string, relay: Relay): Promise<void> {
    const { before, known } = relay;
    if (before.size === 0) return;
    const lost = new Map<string, KnownCall>();
    for (const [callId, call] of before) {
      if (known.has(callId) && goesOn(call)) await this.#source.revive(address, callId, await this.#toSay(address, callId, call));
      else lost.set(callId, call);
    }
    for (const callId of lost.keys()) if (known.delete(callId)) await this.#source.end(address, callId);
    relay.before = new Map();
    this.#lose(address, lost);
  }

  /** What to tell a relay of a call's sides: nothing where it knows more, since what it was told last may be younger than what is known here. */
  async #toSay(address: string, callId: string, { sides }: KnownCall): Promise<readonly RelayedSide[]> {
    const found = await this.#source.about(address, callId);
    return readLabels(found?.sides ?? [])?.isAnswered ? sides.map(({ tag }) => ({ tag, label: undefined })) : sides;
  }

  #lose(address: string, known: ReadonlyMap<string, KnownCall>): void {
    const calls = callsOf(address, known).filter(({ isAnswered }) => isAnswered);
    if (calls.length > 0) this.#lost(calls);
  }

  /** Brings what is known of a relay to what it says. A call is asked about until it was answered: it may go on to another destination. */
  async #learn(address: string, { known }: Relay, deadline: number): Promise<void> {
    const live = new Set(await this.#source.calls(address));
    for (const callId of known.keys()) if (!live.has(callId)) known.delete(callId);
    for (const callId of live) {
      if (known.get(callId)?.label?.isAnswered) continue;
      if (this.#now() > deadline) throw new Error(`media relay ${address} has more new calls than could be asked about`);
      const about = await this.#source.about(address, callId);
      // A call may end between the two questions.
      if (about) known.set(callId, { ...about, label: readLabels(about.sides) });
      else known.delete(callId);
    }
    if ([...known.values()].some(({ label }) => !label)) throw new Error(`media relay ${address} has calls that do not say their number`);
  }

  #tell(problems: readonly string[]): void {
    const problem = problems.length > 0 ? problems.join('; ') : undefined;
    if (problem && problem !== this.#problem) this.#log.warn({ problem }, 'calls cannot be counted');
    this.#problem = problem;
  }
}

/** Whether a relay need not be asked again: it gets no calls, and has none or is gone. Pure. */
function isOver({ inUse, told, silentSince, known }: Relay, now: number): boolean {
  if (inUse) return false;
  return (told && known.size === 0) || (silentSince !== undefined && now - silentSince >= GONE_MS);
}

const oldestOf = (known: ReadonlyMap<string, KnownCall>): number | undefined => (known.size === 0 ? undefined : Math.min(...[...known.values()].map(({ since }) => since)));

/**
 * Whether a call can go on with another process of its relay. What we answered ourselves, for an announcement, is silent then. What nobody
 * has answered yet has no keys to lose. Pure.
 */
const goesOn = ({ label, survives }: KnownCall): boolean => !label?.isAnswered || (survives && (!label.sides || label.sides.callee !== undefined));

const callsOf = (relay: string, known: ReadonlyMap<string, KnownCall>): LiveCall[] =>
  [...known].flatMap(([callId, { label, since }]) => (label ? { callId, relay, since, ...label } : []));

const tally = (labels: readonly CallLabel[]): NonNullable<Calls> => ({
  numbers: countBy(labels.map(({ digits }) => digits)),
  destinations: countBy(labels.flatMap(({ destination }) => destination ?? [])),
});

const countBy = (keys: readonly string[]): Counts => Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, all]) => [key, all.length]));
