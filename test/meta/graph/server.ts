// SPDX-License-Identifier: Apache-2.0
// graph.facebook.com over HTTPS: hands requests to the API, carries out ordered faults, logs everything.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerIdentity } from '../pki.ts';
import type { GraphApi, GraphRequest, Reply } from './api.ts';
import { answerFault, sendReply } from './fault-replies.ts';
import { type Fault, type FaultKind, type FaultOptions, Faults } from './faults.ts';

/** A request as it came and what became of it. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  /** Without the version prefix, e.g. `/100000000000001/settings`. */
  readonly path: string;
  /** E.g. `v25.0`; '' when the path had none. */
  readonly version: string;
  readonly query: string;
  /** Parsed when it is JSON, else as it came. */
  readonly body: unknown;
  /** HTTP status sent; undefined before that, and when a fault sends none. */
  status: number | undefined;
  readonly fault: FaultKind | undefined;
}

export class GraphServer {
  readonly requests: LoggedRequest[] = [];
  readonly #faults = new Faults();
  readonly #api: GraphApi;
  readonly #server: Server;

  constructor(api: GraphApi, identity: ServerIdentity) {
    this.#api = api;
    this.#server = createServer({ ...identity, minVersion: 'TLSv1.2' }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  async listen(address: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, address, resolve);
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Orders a fault for requests to come; the result clears it. */
  fault(kind: FaultKind, options?: FaultOptions): () => void {
    return this.#faults.add(kind, options);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = new Date();
    const url = new URL(incoming.url ?? '/', 'https://graph.facebook.com');
    const [, version = '', path = ''] = /^\/(v\d+\.\d+)(\/.*)$/.exec(url.pathname) ?? [];
    const request: GraphRequest = {
      method: incoming.method ?? 'GET',
      path,
      query: url.searchParams,
      bearer: /^Bearer (\S+)$/.exec(incoming.headers.authorization ?? '')?.[1],
      body: await text(incoming),
    };
    const fault = this.#faults.take(request.method, url.pathname);
    const entry: LoggedRequest = {
      at, version, method: request.method, path: version === '' ? url.pathname : path, query: url.search,
      body: readable(request.body), fault: fault?.kind, status: undefined,
    };
    this.requests.push(entry);
    entry.status = await this.#reply(request, response, fault);
  }

  async #reply(request: GraphRequest, response: ServerResponse, fault?: Fault): Promise<number | undefined> {
    if (fault?.kind === 'slow') await delay(fault.delayMs ?? 5000);
    if (fault === undefined || fault.kind === 'slow') return sendReply(response, this.#api.answer(request));
    // A write is carried out only where the fault says so: the others never reached Meta's own servers.
    const done: Reply | undefined = fault.kind === 'lostReply' || fault.kind === 'cutOff'
      ? this.#api.answer(request)
      : undefined;
    return answerFault(response, fault, done);
  }
}

function readable(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    return body; // kept as it came, for the log
  }
}
