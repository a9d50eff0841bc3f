// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/** A media relay as a proxy sees it. */
const relayStatus = z.object({
  /** Whether the engine could find it for a call that it has; null while the engine does not answer. */
  isKnown: z.boolean().nullable(),
  /** Whether the engine gives it new calls; null while that does not answer. */
  takesCalls: z.boolean().nullable(),
  /**
   * Its calls, from their offer to their end, what they cost it in units of its capacity, and since when it has had the oldest one, in
   * seconds of the epoch; null where it does not tell.
   */
  load: z.object({ calls: z.int(), units: z.int(), oldest: z.int().optional() }).nullable(),
});

/** What the operator reads at an agent's /relays, by the names of the media relays. */
export const relayReport = z.record(z.string(), relayStatus);

/** What the operator reads at an agent's /status. */
export const agentStatus = z.object({
  /** Version in the engine's memory; null while the engine does not answer. */
  version: z.string().nullable(),
  wantedVersion: z.string().nullable(),
  /**
   * The resourceVersion of the newest snapshot Secret that the engine was brought to, or that was tried; null before the
   * first one, and left out by an agent of an earlier version.
   */
  revision: z.string().nullish(),
  /** Serial of the certificate that a TLS client is shown. */
  certificateSerial: z.string().nullable(),
  /** Why the engine does not serve what is wanted. */
  problem: z.string().nullable(),
  /**
   * Live calls of the whole gateway by the number's digits; a number that is not here has none. Null where that cannot be
   * told, and left out by an agent of an earlier version, as is the next one.
   */
  calls: z.record(z.string(), z.int()).nullish(),
  /** Wrong digest answers to this proxy by the number's digits, since its engine's start; null while it does not answer. */
  refusals: z.record(z.string(), z.int()).nullish(),
  /** Whether the destinations that were asked by OPTIONS answer this proxy, by their target; null while it does not answer. */
  destinations: z.record(z.string(), z.boolean()).nullish(),
});

export type RelayReport = z.infer<typeof relayReport>;
export type AgentStatus = z.infer<typeof agentStatus>;
