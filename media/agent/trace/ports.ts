// SPDX-License-Identifier: Apache-2.0

/** On loopback of a proxy's pod: where the engine mirrors its messages to, and where the agent tells of calls. */
export const PORTS = { hep: 9060, door: 8081 } as const;
