// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way through loopback that can be cut and mended; it carries bytes and knows nothing of them. */
export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #open = true;

  private constructor(target: number) {
    this.#server = createServer((socket) => {
      if (this.#open) this.#join(socket, connect(target, '127.0.0.1'));
      else socket.resetAndDestroy();
    });
  }

  #join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => this.#sockets.delete(one));
      one.pipe(other);
    }
  }

  static async to(target: number): Promise<Gate> {
    const gate = new Gate(target);
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    const address = gate.#server.address();
    if (typeof address === 'object' && address) gate.#port = address.port;
    return gate;
  }

  get port(): number {
    return this.#port;
  }

  /** Resets every connection, and every new one until `mend`. */
  cut(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#open = true;
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
