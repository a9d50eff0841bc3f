// SPDX-License-Identifier: Apache-2.0
// What the agent and an engine say to each other.
import type { Side } from './label.ts';
import type { MediaRelay, Snapshot } from '../../operator/routing/snapshot.ts';

/** A certificate with its key, as PEM, known to belong together. */
export interface Certificate {
  /** In upper-case hexadecimal, as X.509 tools print it. */
  serial: string;
  chain: string;
  key: string;
}

/** What is to be served. */
export interface Wanted {
  snapshot: Snapshot | undefined;
  /** The resourceVersion of the Secret that the snapshot came in: equal content that came twice, with another between, differs here. */
  revision: string | undefined;
  certificate: Certificate | undefined;
}

/** A relay that is given calls: the most that it is given, and where Meta is told to send audio, if not at the relay's own address. */
export type Taker = Pick<MediaRelay, 'capacity' | 'address'>;

/** What an engine says that it serves; undefined where it does not answer. */
export interface Observed {
  version: string;
  /** Control addresses of the relays that it knows. */
  relays: readonly string[];
  /** Those that it gives calls to, by their ids. */
  takers: ReadonlyMap<string, Taker>;
  certificateSerial: string | undefined;
  /** Wrong digest answers by the number's digits, since the engine's start. */
  refusals: Readonly<Record<string, number>>;
  /** Whom the engine asks by OPTIONS, and whether it answers, undefined until it was asked; or undefined where it cannot tell. */
  probes: ReadonlyMap<string, boolean | undefined> | undefined;
}

/** Why we end a call: as asked, which an announcement's end is too, or because its media relay is gone. */
export type EndedBy = 'Operator' | 'LostRelay';

export type Direction = 'inbound' | 'outbound';

/** How often something became of calls of a number by a route at a destination. */
export interface Counted {
  direction: Direction;
  /** The business number's digits. */
  number: string;
  /** NAMESPACE/NAME; empty where none took the call. */
  route: string;
  /** As in the snapshot; empty where there was none, or the call was for a user. */
  destination: string;
  result: 'answered' | 'refused' | 'failed' | 'declined' | 'failed_over' | 'canceled';
  /** Why, as in the other metrics; empty where the result says all. */
  reason: string;
  count: number;
}

/** How often a set-up took about so long, from the INVITE until the other side rang or answered. */
export interface TimedSetup {
  direction: Direction;
  destination: string;
  seconds: number;
  count: number;
}

/** The commands of an engine. Each throws where the engine is not there or refuses; the engine then keeps what it had, or of rows a part, each number whole. */
export interface Engine {
  observe(): Promise<Observed>;
  /** Leaves behind what the engine's next start must not share with this one. Called on every pass, since starts are not announced. */
  prepareStart(): void;
  /** Puts tables where a starting engine finds them. */
  writeTables(snapshot: Snapshot): void;
  writeCertificate(certificate: Certificate): void;
  reloadTables(): Promise<void>;
  /** @throws NotYetError */
  reloadRelays(): Promise<void>;
  /** Gives new calls to those relays of a snapshot that take any, as far as the engine knows them. */
  tellTakers(snapshot: Snapshot): Promise<void>;
  reloadProbes(): Promise<void>;
  reloadCertificate(): Promise<void>;
  counters(): Promise<Record<string, number>>;
  /** What became of calls since the engine's start. */
  outcomes(): Promise<Counted[]>;
  /** How long set-ups took since then. */
  setups(): Promise<TimedSetup[]>;
  /** Ends a call at one of its ends. */
  bye(callId: string, side: Side, why: EndedBy): Promise<void>;
  /** Begins a turn, numbered upwards: what is counted after it has all that began before it. */
  beginTurn(turn: number): Promise<void>;
  /** Tells how many calls there are at once, by number's digits and by destination, wherever they came in, counted since a turn began. */
  tellLive(calls: ReadonlyMap<string, number>, turn: number): Promise<void>;
  /** Tells how much relays have to do, by their ids: in the units of their capacity, counted since a turn began. */
  tellLoads(units: ReadonlyMap<string, number>, turn: number): Promise<void>;
}

/** The engine takes in relays only now and then, and did so a moment ago. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
}

/** A media relay does not answer at all: it may be gone, or only out of reach. */
export class SilentRelayError extends Error {
  constructor(relay: string) {
    super(`media relay ${relay} does not answer`);
    this.name = 'SilentRelayError';
  }
}

/** How much a relay has to do. */
export interface RelayLoad {
  /** Calls from their offer to their end. */
  calls: number;
  /** What they cost it: one for a call that it only relays, more for one whose codec it changes. */
  units: number;
  /** When the relay itself began, in seconds of a clock that never goes back, give or take a second. */
  began: number;
}

export interface RelayedSide {
  tag: string;
  label: string | undefined;
}

export interface RelayedCall {
  /** Its sides, each with its tag and the label that it has, if any. */
  sides: readonly RelayedSide[];
  /** Whether it outlives the relay's process: keys that a side agreed on by DTLS do not. */
  survives: boolean;
  /** When its first offer came, in seconds of the epoch. */
  since: number;
}

/**
 * What media relays say, each by its control address. A question throws where it is not answered: {@link SilentRelayError}
 * where nothing comes back.
 */
export interface Relays {
  load(relay: string): Promise<RelayLoad>;
  /** Call-IDs of all its calls, from their offer to their end. */
  calls(relay: string): Promise<readonly string[]>;
  /** What a relay knows of a call; undefined where there is no such call any more. */
  about(relay: string, callId: string): Promise<RelayedCall | undefined>;
  /** Makes a call whole that a relay's process took up from the one before it, which had these sides. */
  revive(relay: string, callId: string, sides: readonly RelayedSide[]): Promise<void>;
  /** Frees what a call has at a relay; nothing where there is no such call. */
  end(relay: string, callId: string): Promise<void>;
}
