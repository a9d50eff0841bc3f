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
  #from: { port: number; address: string } | undefined;

  private constructor(socket: Socket, answer: { code: number; reason: string }) {
    this.#socket = socket;
    socket.on('message', (bytes, { port, address }) => {
      const message = parseMessage(bytes);
      if (message.kind !== 'request') return;
      this.requests.push(message);
      this.#from = { port, address };
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

  /** Takes the last call after all, whatever became of it meanwhile. */
  answerLate(): void {
    const invite = this.invites.at(-1);
    if (!invite || !this.#from) throw new Error('there was no call');
    const contact = { name: 'Contact', value: `<${this.uri}>` };
    const type = { name: 'Content-Type', value: 'application/sdp' };
    const lines = ['v=0', `o=- 1 1 IN IP4 ${STRANGER_ADDRESS}`, 's=-', `c=IN IP4 ${STRANGER_ADDRESS}`, 't=0 0', 'm=audio 40000 RTP/AVP 8', ''];
    const response = { ...respond(invite, { code: 200, reason: 'OK' }, 'late', [contact, type]), body: Buffer.from(lines.join('\r\n')) };
    this.#socket.send(serialise(response), this.#from.port, this.#from.address);
  }

  close(): void {
    this.#socket.close();
  }
}
