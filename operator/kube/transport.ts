// SPDX-License-Identifier: Apache-2.0
import { Agent, request, type Dispatcher } from 'undici';
import { systemClock, type Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { deadline } from './deadline.ts';
import { errorOf, KubeError, retryAfterMs } from './errors.ts';

/** One request, as HTTP sees it. */
export interface Call {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  /** Time limit for the whole answer in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** Told of every finished request; `code` is 0 where there was no answer. */
export type RequestObserver = (call: {
  readonly method: string;
  readonly code: number;
  readonly seconds: number;
}) => void;

export interface TransportOptions {
  readonly clock?: Clock;
  readonly observe?: RequestObserver;
}

/** Time limit of a request where the call names none. The API server itself gives up after 60 s. */
const TIMEOUT_MS = 30_000;
/** Requests in flight at the same time; more wait for their turn. */
const CONNECTIONS = 16;
/** How long the API server may take to begin an answer to a watch. */
const WATCH_HEADERS_MS = 35_000;

/** How messages name a request: without its query, which says little and may be long. */
export function nameOf(call: Pick<Call, 'method' | 'path'>): string {
  return `${call.method} ${call.path.split('?')[0]}`;
}

/** The deepest message of a chain of causes: undici wraps the one that tells what happened. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return rootMessage(error.errors[0]);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}

/** HTTP to one API server: connections, who we are, time limits and errors. Nothing here knows of kinds. */
export class Transport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #observe: RequestObserver | undefined;
  readonly #requests: Agent;
  readonly #watches: Agent;

  constructor(connection: Connection, options: TransportOptions = {}) {
    this.#connection = connection;
    this.#clock = options.clock ?? systemClock;
    this.#observe = options.observe;
    // HTTP/1.1, because a server that closes an HTTP/2 connection politely (GOAWAY) fails the requests on it.
    const common = {
      connect: { ...connection.tls, keepAlive: true, keepAliveInitialDelay: 30_000 },
      allowH2: false,
      pipelining: 1,
    };
    this.#requests = new Agent({ ...common, connections: CONNECTIONS, headersTimeout: 0, bodyTimeout: 0 });
    this.#watches = new Agent({ ...common, headersTimeout: WATCH_HEADERS_MS, bodyTimeout: 0 });
  }

  /**
   * Sends a request and returns the text of its answer. Throws `KubeError`, or the signal's reason when the caller
   * aborts.
   */
  async text(call: Call): Promise<string> {
    using limit = deadline(this.#clock, call.timeoutMs ?? TIMEOUT_MS, call.signal);
    const started = this.#clock.now();
    let code = 0;
    try {
      const response = await this.#send(call, this.#requests, limit.signal);
      code = response.statusCode;
      const body = await response.body.text();
      if (code >= 200 && code < 300) return body;
      throw errorOf(code, body, retryAfterMs(response.headers['retry-after']));
    } catch (error) {
      if (error instanceof KubeError) throw error;
      throw this.#failure(call, error, limit.expired);
    } finally {
      this.#observe?.({ method: call.method, code, seconds: (this.#clock.now() - started) / 1000 });
    }
  }

  /**
   * Opens a stream on a connection of its own, so that watches never stand in the way of requests. Errors as in
   * `text`.
   */
  async stream(call: Call): Promise<Dispatcher.ResponseData['body']> {
    try {
      const response = await this.#send(call, this.#watches, call.signal);
      if (response.statusCode === 200) return response.body;
      throw errorOf(response.statusCode, await response.body.text(), retryAfterMs(response.headers['retry-after']));
    } catch (error) {
      if (error instanceof KubeError) throw error;
      throw this.#failure(call, error, false);
    }
  }

  /** Ends every connection; requests in flight fail. */
  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#watches.destroy()]);
  }

  async #send(call: Call, dispatcher: Agent, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = {
      ...(await this.#connection.headers()),
      accept: call.accept ?? 'application/json',
    };
    if (call.body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    return request(this.#connection.server + call.path, {
      method: call.method,
      dispatcher,
      headers,
      ...(signal ? { signal } : {}),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  }

  #failure(call: Call, error: unknown, expired: boolean): unknown {
    const what = nameOf(call);
    if (expired) {
      const seconds = (call.timeoutMs ?? TIMEOUT_MS) / 1000;
      return new KubeError({
        code: 0,
        reason: 'Timeout',
        message: `${what}: no answer within ${seconds} s`,
        cause: error,
      });
    }
    if (call.signal?.aborted) return call.signal.reason;
    return new KubeError({ code: 0, reason: 'Unreachable', message: `${what}: ${rootMessage(error)}`, cause: error });
  }
}
