// SPDX-License-Identifier: Apache-2.0
// What the agent and an engine say to each other.
import type { Snapshot } from '../../operator/routing/snapshot.ts';

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
  certificate: Certificate | undefined;
}

/** What an engine says that it serves; undefined where it does not answer. */
export interface Observed {
  version: string;
  relays: readonly string[];
  certificateSerial: string | undefined;
}

/** The commands of an engine. Each throws where the engine is not there or refuses, and the engine keeps what it had. */
export interface Engine {
  observe(): Promise<Observed>;
  /** Leaves behind what the engine's next start must not share with this one. Called on every pass, since starts are not announced. */
  prepareStart(): void;
  /** Puts tables where a starting engine finds them. */
  writeTables(snapshot: Snapshot): void;
  writeCertificate(certificate: Certificate): void;
  reloadTables(): Promise<void>;
  reloadRelays(): Promise<void>;
  reloadCertificate(): Promise<void>;
  counters(): Promise<Record<string, number>>;
}
