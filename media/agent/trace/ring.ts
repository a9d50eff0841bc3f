// SPDX-License-Identifier: Apache-2.0
// The last calls that a proxy had, as far as they fit.
import type { Packet } from './hep.ts';
import { glimpse } from './sip.ts';

export interface TracedCall {
  callId: string;
  messages: Packet[];
}

/** Bytes of messages that are kept, and messages of one call: one that is asked for ever must not push out the others. */
const LIMITS = { bytes: 32 * 2 ** 20, messages: 200 } as const;

/** Keeps whole calls, and lets the one go that has been silent longest. */
export class TraceRing {
  readonly #calls = new Map<string, TracedCall>();
  readonly #limits: { bytes: number; messages: number };
  #bytes = 0;

  constructor(limits: { bytes: number; messages: number } = LIMITS) {
    this.#limits = limits;
  }

  /** Probes are no calls; what is no SIP is not kept. */
  add(packet: Packet): void {
    const seen = glimpse(packet.text);
    if (!seen || seen.method === 'OPTIONS') return;
    const call = this.#calls.get(seen.callId) ?? { callId: seen.callId, messages: [] };
    if (call.messages.length >= this.#limits.messages) return;
    call.messages.push(packet);
    this.#bytes += packet.text.length;
    // At the end: whoever spoke last goes last.
    this.#calls.delete(seen.callId);
    this.#calls.set(seen.callId, call);
    for (const [callId, oldest] of this.#calls) {
      if (this.#bytes <= this.#limits.bytes) break;
      this.#bytes -= oldest.messages.reduce((sum, { text }) => sum + text.length, 0);
      this.#calls.delete(callId);
    }
  }

  /** Calls whose id has a text in it, the one that spoke last first. */
  find(part: string): TracedCall[] {
    return [...this.#calls.values()].filter(({ callId }) => callId.includes(part)).toReversed();
  }
}
