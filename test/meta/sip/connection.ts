// SPDX-License-Identifier: Apache-2.0
// One TLS connection that carries SIP in both directions.
import type { TLSSocket } from 'node:tls';
import { serialise, type SipMessage } from './message.ts';
import { SipParseError, StreamParser } from './parse.ts';

export interface ConnectionHandlers {
  message(message: SipMessage, connection: SipConnection): void;
  /** Bytes that are not SIP; the connection is closed after it. */
  malformed(error: SipParseError, connection: SipConnection): void;
  closed(connection: SipConnection): void;
}

export class SipConnection {
  readonly socket: TLSSocket;
  readonly localAddress: string;
  readonly localPort: number;
  /** `address:port` of the other end. */
  readonly peer: string;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  #open = true;

  constructor(socket: TLSSocket, handlers: ConnectionHandlers) {
    this.socket = socket;
    this.localAddress = socket.localAddress ?? '';
    this.localPort = socket.localPort ?? 0;
    this.peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const parser = new StreamParser();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of parser.push(chunk)) handlers.message(message, this);
      } catch (error) {
        if (!(error instanceof SipParseError)) throw error;
        handlers.malformed(error, this);
        socket.destroy();
      }
    });
    // The reason arrives as 'close' too, and there it is handled.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => { this.#open = false; });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#open = false;
        handlers.closed(this);
        resolve();
      });
    });
  }

  get open(): boolean {
    return this.#open && !this.socket.destroyed;
  }

  send(message: SipMessage): void {
    this.socket.write(serialise(message));
  }

  close(): void {
    this.socket.destroy();
  }
}
