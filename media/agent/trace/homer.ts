// SPDX-License-Identifier: Apache-2.0
import { createSocket, type Socket } from 'node:dgram';
import type { Snapshot } from '../../../operator/routing/snapshot.ts';
import { writeHep, type Packet } from './hep.ts';

/** How HOMER knows messages of proxies from reports of media pods. */
const ID = 1;

/** A packet can hold no more: its length is written in two bytes. */
const MOST = 60_000;

/** Sends the SIP of calls to a HOMER, as traces have it. */
export class Homer {
  readonly #socket: Socket;

  constructor() {
    this.#socket = createSocket('udp4');
    // What cannot be sent is a line less in a picture.
    this.#socket.on('error', () => {});
  }

  /** Nothing where the gateway has none, or the message is too large. */
  send(packet: Packet, callId: string, to: Snapshot['homer']): void {
    if (to && Buffer.byteLength(packet.text) <= MOST) this.#socket.send(writeHep(packet, callId, ID), to.port, to.address);
  }

  close(): void {
    this.#socket.close();
  }
}
