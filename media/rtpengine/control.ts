// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import * as z from 'zod';
import { SilentRelayError, type RelayedCall, type RelayedSide, type RelayLoad, type Relays } from '../agent/contract.ts';
import { BencodeError, decode, encode, type Bencode } from './bencode.ts';

/** A relay answers with something else than what was asked for. */
export class RelayError extends Error {
  constructor(relay: string, message: string) {
    super(`media relay ${relay} ${message}`);
    this.name = 'RelayError';
  }
}

/** How often a question is sent, and how long each time is waited. */
const TRIES = 3;
const TRY_MS = 250;
/** rtpengine answers in one datagram of at most 64 KiB: so many Call-IDs of 125 bytes fit, and there is no paging. */
export const LIST_LIMIT = 500;

/** What a call costs whose codec is changed, against one that is only relayed: see docs/scaling.md. */
const TRANSCODED = 10;
/** rtpengine counts streams whose codec it changes: both directions of a call. */
const DIRECTIONS = 2;

const address = z.templateLiteral(['udp:', z.ipv4(), ':', z.int().positive()]);
const failed = z.object({ result: z.literal('error'), 'error-reason': z.string() });
const listed = z.object({ result: z.literal('ok'), calls: z.array(z.string()) });
const loaded = z.object({ result: z.literal('ok'), statistics: z.object({ currentstatistics: z.object({ sessionsown: z.int(), transcodedmedia: z.int() }), totalstatistics: z.object({ uptime: z.coerce.number() }) }) });
const queried = z.object({
  result: z.literal('ok'),
  created: z.int(),
  tags: z.record(z.string(), z.object({ label: z.string().optional(), medias: z.array(z.object({ protocol: z.string().optional() })).default([]) })),
});

/** rtpengine's control protocol: a cookie and a bencoded dictionary each way, over UDP. */
export class RelayControl implements Relays {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (answer: string) => void>();
  #isClosed = false;

  constructor() {
    this.#socket = createSocket('udp4', (datagram) => {
      const text = datagram.toString('latin1');
      const space = text.indexOf(' ');
      this.#waiting.get(text.slice(0, space))?.(text.slice(space + 1));
    });
    // A datagram that cannot be sent is one that is not answered.
    this.#socket.on('error', () => {});
  }

  async load(relay: string): Promise<RelayLoad> {
    const answer = loaded.safeParse(await this.#ask(relay, { command: 'statistics' }));
    if (!answer.success) throw new RelayError(relay, 'does not tell how much it has to do');
    const { currentstatistics: { sessionsown: calls, transcodedmedia: transcoded }, totalstatistics: { uptime } } = answer.data.statistics;
    return { calls, units: calls + Math.ceil((transcoded * (TRANSCODED - 1)) / DIRECTIONS), began: performance.now() / 1000 - uptime };
  }

  async calls(relay: string): Promise<readonly string[]> {
    const answer = listed.safeParse(await this.#ask(relay, { command: 'list', limit: LIST_LIMIT }));
    if (!answer.success) throw new RelayError(relay, 'does not list its calls');
    const { calls } = answer.data;
    if (calls.length >= LIST_LIMIT) throw new RelayError(relay, `has ${LIST_LIMIT} calls or more, which it cannot list at once`);
    return calls;
  }

  async about(relay: string, callId: string): Promise<RelayedCall | undefined> {
    const answer = await this.#ask(relay, { command: 'query', 'call-id': callId });
    const known = queried.safeParse(answer);
    if (known.success) {
      const tags = Object.entries(known.data.tags);
      const survives = !tags.some(([, { medias }]) => medias.some(({ protocol }) => protocol?.startsWith('UDP/TLS/')));
      return { sides: tags.map(([tag, { label }]) => ({ tag, label })), survives, since: known.data.created };
    }
    if (failed.safeParse(answer).data?.['error-reason'] === 'Unknown call-id') return undefined;
    throw new RelayError(relay, 'does not tell about a call');
  }

  /**
   * rtpengine's store has neither the labels that were set last, nor which streams have their codec changed or are played to. A command
   * that changes nothing, for all that a side hears, has it work that out again.
   */
  async revive(relay: string, callId: string, sides: readonly RelayedSide[]): Promise<void> {
    for (const { tag, label } of sides) {
      await this.#ask(relay, { command: 'unblock media', 'call-id': callId, 'from-tag': tag, all: 'offer-answer', ...(label === undefined ? {} : { 'set-label': label }) });
    }
  }

  async end(relay: string, callId: string): Promise<void> {
    await this.#ask(relay, { command: 'delete', 'call-id': callId, 'delete-delay': 0 });
  }

  /** Questions that are open get no answer any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => {
      this.#socket.close(resolve);
    });
  }

  /** The same cookie each time: rtpengine gives an answer that was lost once more. */
  async #ask(relay: string, command: Record<string, Bencode>): Promise<Bencode> {
    const [, host = '', port] = address.parse(relay).split(':');
    const cookie = randomUUID();
    const question = Buffer.from(`${cookie} ${encode(command)}`, 'latin1');
    const answer = Promise.withResolvers<string>();
    this.#waiting.set(cookie, answer.resolve);
    let tries = 0;
    const send = (): void => {
      tries += 1;
      if (this.#isClosed || tries > TRIES) answer.reject(new SilentRelayError(relay));
      else this.#socket.send(question, Number(port), host);
    };
    const timer = setInterval(send, TRY_MS);
    try {
      send();
      return decode(await answer.promise);
    } catch (error) {
      throw error instanceof BencodeError ? new RelayError(relay, `answers what is no bencode: ${error.message}`) : error;
    } finally {
      clearInterval(timer);
      this.#waiting.delete(cookie);
    }
  }
}
