// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parseMessage } from '../meta/sip/parse.ts';
import { respond, serialise, type SipRequest } from '../meta/sip/message.ts';
import { STRANGER_ADDRESS } from '../stage/meta.ts';

/** A destination that refuses every call with one answer, takes probes, and keeps what it was sent. */
export class Refuser {
  /** While false it says nothing at all. */
  answers = true;
  readonly requests: SipRequest[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket, answer: { code: number; reason: string }) {
    this.#socket = socket;
    socket.on('message', (bytes, { port, address }) => {
      const message = parseMessage(bytes);
      if (message.kind !== 'request') return;
      this.requests.push(message);
      if (message.method === 'ACK' || !this.answers) return;
      const status = message.method === 'OPTIONS' ? { code: 200, reason: 'OK' } : answer;
      socket.send(serialise(respond(message, status, 'refuser')), port, address);
    });
  }

  static async open(answer: { code: number; reason: string }): Promise<Refuser> {
    const socket = createSocket('udp4');
    socket.bind(0, STRANGER_ADDRESS);
    await once(socket, 'listening');
    return new Refuser(socket, answer);
  }

  get uri(): string {
    return `sip:desk@${STRANGER_ADDRESS}:${this.#socket.address().port}`;
  }

  get invites(): SipRequest[] {
    return this.requests.filter(({ method }) => method === 'INVITE');
  }

  get probes(): SipRequest[] {
    return this.requests.filter(({ method }) => method === 'OPTIONS');
  }

  close(): void {
    this.#socket.close();
  }
}
