// SPDX-License-Identifier: Apache-2.0
// A bare socket to the gateway, for whatever a stranger may send: garbage, plain SIP on the TLS port, half a message.
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as startTls, TLSSocket } from 'node:tls';
import { peerCertificate, resolveHost } from './dial.ts';
import type { SipMessage } from './message.ts';
import { SipParseError, StreamParser } from './parse.ts';

export interface RawTarget {
  readonly host: string;
  readonly port: number;
  /** TLS without any check of the certificate; otherwise plain TCP. */
  readonly tls: boolean;
  readonly sourceAddress: string;
  /** Name in the TLS hello; that of the host unless given. */
  readonly servername?: string;
  /** ALPN protocols to offer; none by default. */
  readonly alpn?: readonly string[];
}

/** How the connection ended. */
export interface RawEnd {
  /** Since the socket was connected. */
  readonly atMs: number;
  readonly by: 'peer' | 'us';
  /** The error code, e.g. ECONNRESET, where there was one. */
  readonly error: string | undefined;
}

export class RawSocket {
  readonly #socket: Socket;
  readonly #connectedAtMs = performance.now();
  readonly #ended = Promise.withResolvers<RawEnd>();
  #chunks: Buffer[] = [];
  #closing = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    let code: string | undefined;
    socket.on('data', (chunk: Buffer) => { this.#chunks.push(chunk); });
    socket.on('error', (error: NodeJS.ErrnoException) => { code = error.code ?? error.message; });
    socket.on('close', () => {
      const atMs = performance.now() - this.#connectedAtMs;
      this.#ended.resolve({ atMs, by: this.#closing ? 'us' : 'peer', error: code });
    });
  }

  /** Resolves when the connection is closed, by whichever side. */
  get ended(): Promise<RawEnd> {
    return this.#ended.promise;
  }

  /** The names of the peer's certificate; undefined on plain TCP. */
  get certificateNames(): string | undefined {
    return this.#socket instanceof TLSSocket ? peerCertificate(this.#socket).names : undefined;
  }

  /** Everything that came back so far. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The SIP messages among it; what follows something that is not SIP is left out. */
  get messages(): SipMessage[] {
    const parser = new StreamParser();
    const messages: SipMessage[] = [];
    try {
      for (const chunk of this.#chunks) messages.push(...parser.push(chunk));
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
    }
    return messages;
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits until a message satisfies `wanted`; undefined when none came before the deadline or the end. */
  async message(wanted: (message: SipMessage) => boolean, timeoutMs: number): Promise<SipMessage | undefined> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const find = () => this.messages.find(wanted);
    const stop = AbortSignal.any([deadline]);
    while (find() === undefined && !stop.aborted && !this.#socket.closed) {
      await Promise.race([once(this.#socket, 'data', { signal: stop }), this.ended]).catch(() => {});
    }
    return find();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }
}

/** Connects without judging the peer. Rejects with the socket's error when nothing listens or the handshake fails. */
export async function openRaw(target: RawTarget, dnsServer: string): Promise<RawSocket> {
  const address = await resolveHost(dnsServer, target.host);
  const place = { host: address, port: target.port, localAddress: target.sourceAddress };
  const tcp = connectTcp({ ...place, noDelay: true });
  if (!target.tls) {
    await once(tcp, 'connect');
    return new RawSocket(tcp);
  }
  tcp.on('error', () => {}); // reported by the TLS socket
  const socket = startTls({
    socket: tcp,
    ...(isIP(target.host) && target.servername === undefined ? {} : { servername: target.servername ?? target.host }),
    rejectUnauthorized: false,
    ...(target.alpn === undefined ? {} : { ALPNProtocols: [...target.alpn] }),
  });
  await once(socket, 'secureConnect');
  return new RawSocket(socket);
}
