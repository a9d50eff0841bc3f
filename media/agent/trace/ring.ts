// SPDX-License-Identifier: Apache-2.0
// The last calls that a proxy had, as far as they fit.
import type { Note, Packet } from './hep.ts';
import { glimpse } from './sip.ts';

export interface TracedCall {
  callId: string;
  messages: Packet[];
  /** What the engine says of it by itself. */
  notes: Note[];
}

/** Bytes of messages that are kept, and messages of one call: one that is asked for ever must not push out the others. */
const LIMITS = { bytes: 32 * 2 ** 20, messages: 200 } as const;

const OUTSIDE_CALLS: ReadonlySet<string> = new Set(['OPTIONS', 'REGISTER', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE']);
const STRANGER = 'SIP/2.0 403 Source Network Not Allowed';

/** What is left out is written with a character that makes the engine take two bytes for each. */
const sizeOf = ({ text }: Packet): number => 2 * text.length;

/** Keeps whole calls, and lets the one go that has been silent longest. */
export class TraceRing {
  readonly #calls = new Map<string, TracedCall>();
  readonly #limits: { bytes: number; messages: number };
  #bytes = 0;

  constructor(limits: { bytes: number; messages: number } = LIMITS) {
    this.#limits = limits;
  }

  /**
   * What sets up no call, and what is no SIP, is not kept; and a stranger's call only until it is turned away. Returns the
   * Call-ID of what is.
   */
  add(packet: Packet): string | undefined {
    const seen = glimpse(packet.text);
    if (!seen || OUTSIDE_CALLS.has(seen.method)) return undefined;
    if (seen.status === 403 && packet.text.startsWith(STRANGER)) {
      this.#drop(seen.callId);
      return undefined;
    }
    return this.#keep(seen.callId, packet) ? seen.callId : undefined;
  }

  #keep(callId: string, packet: Packet): boolean {
    const call = this.#calls.get(callId) ?? { callId, messages: [], notes: [] };
    if (call.messages.length >= this.#limits.messages) return false;
    call.messages.push(packet);
    this.#bytes += sizeOf(packet);
    // At the end: whoever spoke last goes last.
    this.#calls.delete(callId);
    this.#calls.set(callId, call);
    for (const oldest of this.#calls.keys()) {
      if (this.#bytes <= this.#limits.bytes) break;
      this.#drop(oldest);
    }
    return true;
  }

  /** Of a call that is not kept nothing is. */
  note(note: Note): void {
    const call = this.#calls.get(note.callId);
    if (call && call.notes.length < this.#limits.messages) call.notes.push(note);
  }

  #drop(callId: string): void {
    this.#bytes -= this.#calls.get(callId)?.messages.reduce((sum, message) => sum + sizeOf(message), 0) ?? 0;
    this.#calls.delete(callId);
  }

  /** Calls whose id has a text in it, the one that spoke last first. */
  find(part: string): TracedCall[] {
    return [...this.#calls.values()].filter(({ callId }) => callId.includes(part)).toReversed();
  }
}
