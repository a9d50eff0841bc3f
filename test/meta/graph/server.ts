// SPDX-License-Identifier: Apache-2.0
// graph.facebook.com over HTTPS: hands requests to the API, carries out ordered faults, logs everything.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerIdentity } from '../pki.ts';
import type { GraphApi } from './api.ts';
import type { Counts } from './counts.ts';
import { answerFault, isThrottling, sendReply } from './fault-replies.ts';
import { type Fault, type FaultOrder, Faults } from './faults.ts';
import { type LoggedRequest, toEntry } from './log.ts';
import type { GraphRequest, Reply } from './request.ts';

export interface GraphServerOptions {
  readonly identity: ServerIdentity;
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export class GraphServer {
  /** The newest `logSize` requests, oldest first. */
  readonly requests: LoggedRequest[] = [];
  /** How many requests are kept; with 0 they are counted only. */
  logSize = Infinity;
  readonly #faults = new Faults();
  readonly #api: GraphApi;
  readonly #options: GraphServerOptions;
  #port: number;
  #server: Server | undefined;

  constructor(api: GraphApi, options: GraphServerOptions) {
    this.#api = api;
    this.#options = options;
    this.#port = options.port;
  }

  /** Listens, on the same port as before after a `stop`. Rejects when the port is taken. */
  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ ...this.#options.identity, minVersion: 'TLSv1.2' }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, this.#options.address, resolve);
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  /** Cuts open connections and refuses new ones until `start`. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
    server.closeAllConnections();
    await closed;
  }

  get port(): number {
    return this.#port;
  }

  /** Orders a fault for requests to come; the result clears it. */
  fault(...order: FaultOrder): () => void {
    const [kind, options] = order;
    return this.#faults.add(kind === 'error' ? { ...options, kind } : { ...options, kind });
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** How many requests came since the start or the last `resetCounts`, by whom and for what. */
  counts(): Counts {
    return this.#api.counter.read();
  }

  resetCounts(): void {
    this.#api.counter.reset();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'https://graph.facebook.com');
    const [, version = '', path = ''] = /^\/(v\d+\.\d+)(\/.*)$/.exec(url.pathname) ?? [];
    const request: GraphRequest = {
      method: incoming.method ?? 'GET',
      version,
      path,
      query: url.searchParams,
      bearer: /^Bearer (\S+)$/.exec(incoming.headers.authorization ?? '')?.[1],
      contentType: incoming.headers['content-type'] ?? '',
      body: await buffer(incoming),
    };
    this.#api.count(request);
    const fault = this.#faults.take(request.method, url.pathname);
    const entry = toEntry(request, version === '' ? url.pathname : path, fault?.kind);
    this.#log(entry);
    entry.status = await this.#reply(request, response, fault);
  }

  #log(entry: LoggedRequest): void {
    this.requests.push(entry);
    if (this.requests.length > this.logSize) this.requests.splice(0, this.requests.length - this.logSize);
  }

  async #reply(request: GraphRequest, response: ServerResponse, fault?: Fault): Promise<number | undefined> {
    if (fault?.kind === 'slow') await delay(fault.delayMs ?? 5000);
    if (fault === undefined || fault.kind === 'slow') return sendReply(response, await this.#api.answer(request));
    if (isThrottling(fault)) this.#api.counter.addThrottled();
    // A write is carried out only where the fault says so: the others never reached Meta's own servers.
    const done: Reply | undefined = fault.kind === 'lostReply' || fault.kind === 'cutOff'
      ? await this.#api.answer(request)
      : undefined;
    return answerFault(response, fault, done);
  }
}
