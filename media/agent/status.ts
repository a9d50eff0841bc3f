// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/** What the operator reads at an agent's /status. */
export const agentStatus = z.object({
  /** Version in the engine's memory; null while the engine does not answer. */
  version: z.string().nullable(),
  wantedVersion: z.string().nullable(),
  /** Serial of the certificate that a TLS client is shown. */
  certificateSerial: z.string().nullable(),
  /** Why the engine does not serve what is wanted. */
  problem: z.string().nullable(),
});

export type AgentStatus = z.infer<typeof agentStatus>;
