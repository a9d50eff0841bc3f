// SPDX-License-Identifier: Apache-2.0
// Meta's SIP transport: the TLS server named wa.meta.vc, the dialled connections, and the match of responses to
// client transactions (by Via branch and method, on whichever connection they come, RFC 3261 §17.1.3).
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { ServerIdentity } from '../pki.ts';
import { SipConnection } from './connection.ts';
import { dialTls, resolveHost } from './dial.ts';
import { cseq, type SipMessage, type SipRequest, type SipResponse, topBranch } from './message.ts';

/** A request that got no final answer. */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly failure: 'transaction_timeout' | 'connection_closed';

  constructor(failure: TransactionError['failure'], message: string) {
    super(message);
    this.failure = failure;
  }
}

export interface EndpointOptions {
  readonly address: string;
  readonly port: number;
  readonly identity: ServerIdentity;
  readonly dnsServer: string;
  /** PEM of the roots that the other side's chain must end at. */
  readonly trust: string;
  readonly dialTimeoutMs: number;
}

export interface Listener {
  response(response: SipResponse): void;
  closed(): void;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly sourceAddress: string;
}

export class SipEndpoint {
  readonly #options: EndpointOptions;
  readonly #server: Server;
  trust: string;
  /** Open connections, with the target for those we dialled. */
  readonly #connections = new Map<SipConnection, Target | undefined>();
  #closing = false;
  readonly #transactions = new Map<string, { connection: SipConnection; listener: Listener }>();
  /** The names that clients asked for by SNI, in order. */
  readonly serverNames: string[] = [];
  /** What came that was no SIP, for assertions. */
  readonly malformed: { peer: string; detail: string }[] = [];
  /** Answers requests from the other side. */
  onRequest: (request: SipRequest, connection: SipConnection) => void = () => {};

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.trust = options.trust;
    this.#server = createServer(
      {
        ...secureContext(options.identity),
        // A client that offers any ALPN is refused with alert 120, as by Meta's edge; no client certificate is asked for.
        ALPNCallback: () => undefined,
        // Hears names even of clients that do not like the certificate.
        SNICallback: (name, done) => {
          this.serverNames.push(name);
          done(null); // the certificate is the same for each
        },
      },
      // Meta's edge is chosen by the name in the hello: without one nobody is there.
      (socket) => (socket.servername ? void this.#adopt(socket) : void socket.destroy()),
    );
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#options.port, this.#options.address, resolve);
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Shows new connections another certificate; its own again without one. */
  present(identity: ServerIdentity = this.#options.identity): void {
    this.#server.setSecureContext(secureContext(identity));
  }

  /** A new verified connection. Rejects with DialError. */
  async dial(target: Target): Promise<SipConnection> {
    const address = await resolveHost(this.#options.dnsServer, target.host);
    const options = { ...target, trust: this.trust, timeoutMs: this.#options.dialTimeoutMs };
    return this.#adopt(await dialTls(address, options), target);
  }

  /** A connection dialled earlier to the same place from the same address, if it is still open. */
  openTo(target: Target): SipConnection | undefined {
    const wanted = `${target.host}:${target.port} ${target.sourceAddress}`;
    for (const [connection, dialled] of this.#connections) {
      const same = dialled && `${dialled.host}:${dialled.port} ${dialled.sourceAddress}` === wanted;
      if (same === true && connection.open) return connection;
    }
    return undefined;
  }

  /** Sends a request and hears every response to it until `forget`. */
  transact(connection: SipConnection, request: SipRequest, listener: Listener): void {
    this.#transactions.set(key(request), { connection, listener });
    if (!connection.open) listener.closed();
    else connection.send(request);
  }

  forget(request: SipRequest): void {
    this.#transactions.delete(key(request));
  }

  /** A request other than INVITE: its final response. Rejects with TransactionError. */
  async request(connection: SipConnection, request: SipRequest, timeoutMs: number): Promise<SipResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<SipResponse>();
    const timer = setTimeout(() => {
      reject(new TransactionError('transaction_timeout', `${request.method}: no final answer in ${timeoutMs} ms`));
    }, timeoutMs);
    this.transact(connection, request, {
      response: (response) => { if (response.status >= 200) resolve(response); },
      closed: () => reject(new TransactionError('connection_closed', `${request.method}: connection closed`)),
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.forget(request);
    }
  }

  /** Ends the connections that were not dialled from here. */
  disconnect(): void {
    for (const [connection, dialled] of this.#connections) if (!dialled) connection.close();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
    this.#closing = true;
    for (const connection of this.#connections.keys()) connection.close();
    await closed;
  }

  #adopt(socket: TLSSocket, target?: Target): SipConnection {
    const connection = new SipConnection(socket, {
      message: (message) => this.#receive(message, connection),
      malformed: (error) => { this.malformed.push({ peer: connection.peer, detail: error.message }); },
      closed: () => this.#lost(connection),
    });
    this.#connections.set(connection, target);
    if (this.#closing) connection.close(); // its handshake was not over when the others were closed
    return connection;
  }

  #receive(message: SipMessage, connection: SipConnection): void {
    if (message.kind === 'request') this.onRequest(message, connection);
    else this.#transactions.get(key(message))?.listener.response(message);
  }

  #lost(connection: SipConnection): void {
    this.#connections.delete(connection);
    for (const transaction of this.#transactions.values()) {
      if (transaction.connection === connection) transaction.listener.closed();
    }
  }
}

function secureContext(identity: ServerIdentity): SecureContextOptions {
  return { ...identity, minVersion: 'TLSv1.2' };
}

function key(message: SipMessage): string {
  return `${topBranch(message)} ${cseq(message).method}`;
}
