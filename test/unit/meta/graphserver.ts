// SPDX-License-Identifier: Apache-2.0
// A Graph API on loopback that answers as a test says and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import { Budget } from '../../../operator/meta/budget.ts';
import { GraphClient } from '../../../operator/meta/graph.ts';
import type { Access } from '../../../operator/meta/transport.ts';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

/** An answer of JSON. */
export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export class GraphServer {
  readonly asked: Asked[] = [];
  /** Told of every request by the client: endpoint and outcome. */
  readonly seen: string[] = [];
  readonly budget = new Budget(() => 0);
  answer: Answer = json({ success: true });
  #client: GraphClient | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  async start(): Promise<GraphClient> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    const url = `http://127.0.0.1:${address.port}/v25.0`;
    this.#client = new GraphClient({
      budget: this.budget,
      url,
      observe: (endpoint, outcome) => this.seen.push(`${endpoint} ${outcome}`),
    });
    return this.#client;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#client?.close();
  }

  get last(): Asked {
    const last = this.asked.at(-1);
    if (!last) throw new Error('nothing was asked');
    return last;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { method = '', headers } = request;
    const asked = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
    this.asked.push(asked);
    this.answer(response, asked);
  }
}

export const TOKEN = 'EAAGsystem-user-token';
export const SECRET = 'the-apps-own-secret';
export const payer = { app: '7', account: '1' };

export const access = (more: Partial<Access> = {}): Access => ({
  token: new Sensitive(TOKEN),
  appSecret: undefined,
  payer,
  booking: 'voice/sales',
  signal: new AbortController().signal,
  ...more,
});
