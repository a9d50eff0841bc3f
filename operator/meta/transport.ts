// SPDX-License-Identifier: Apache-2.0
// One request to the Graph API and its answer, with everything that holds for all of them: version, token, time limit,
// signature, budget, usage headers, errors.
import { createHmac } from 'node:crypto';
import { Agent, request, type Dispatcher, type FormData } from 'undici';
import * as z from 'zod';
import type { Sensitive } from '../api/sensitive.ts';
import type { Budget, Payer } from './budget.ts';
import { entryOf } from './codes.ts';
import { GraphError, toGraphError, unavailable } from './errors.ts';
import { readUsage } from './usage.ts';

/** The one place that says which version of the Graph API is spoken. */
export const GRAPH_URL = 'https://graph.facebook.com/v25.0';

const TIMEOUT_MS = 10_000;

/** In whose name a request is made. */
export interface Access {
  token: Sensitive;
  /** Signs the request where it is known; apps can demand that. */
  appSecret: Sensitive | undefined;
  payer: Payer;
  /** The booking of the budget that pays for it. */
  booking: string;
  signal: AbortSignal;
}

export interface GraphRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** What is asked for, for figures: without ids. */
  endpoint: string;
  /** Below the version, such as /106540352242922/settings. */
  path: string;
  query?: Record<string, string>;
  json?: object;
  form?: FormData;
}

/** Told of every request; `outcome` is the HTTP status, or `none`. */
export type RequestObserver = (endpoint: string, outcome: string) => void;

export interface TransportOptions {
  budget: Budget;
  observe?: RequestObserver;
  /** The address to ask, for tests. */
  url?: string;
  dispatcher?: Dispatcher;
}

export class Transport {
  readonly #agent: Dispatcher;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#agent =
      options.dispatcher ??
      new Agent({
        connections: 8,
        allowH2: false,
        connect: { timeout: TIMEOUT_MS },
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
  }

  /** @throws GraphError */
  async send<T>(access: Access, call: GraphRequest, schema: z.ZodType<T>): Promise<T> {
    const { budget, observe } = this.#options;
    const { payer, booking } = access;
    budget.spend(booking, payer);
    const answer = await this.#exchange(access, call).catch((error: unknown) => {
      observe?.(call.endpoint, 'none');
      throw error;
    });
    observe?.(call.endpoint, String(answer.status));
    budget.observe(payer, readUsage(answer.headers));
    if (answer.status >= 300) throw this.#failure(access, answer);
    return decode(schema, answer.status, answer.text);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  #failure({ payer }: Access, { status, text, headers }: Answer): GraphError {
    const retryAfter = headers['retry-after'];
    const error = toGraphError(status, text, typeof retryAfter === 'string' ? retryAfter : undefined);
    const isOwn = error.code !== undefined && entryOf(error.code)?.restMs !== undefined;
    if (isOwn || (error.kind !== 'throttled' && error.retryAfterMs === undefined)) return error;
    const limit = error.code === 4 ? 'app' : 'account';
    const { accountClosedMs } = readUsage(headers);
    const wait = error.retryAfterMs ?? (accountClosedMs > 0 ? accountClosedMs : undefined);
    this.#options.budget.throttled(payer, limit, wait);
    return error;
  }

  async #exchange({ token, appSecret, signal }: Access, { method, path, query, json, form }: GraphRequest): Promise<Answer> {
    const url = new URL(`${this.#options.url ?? GRAPH_URL}${path}`);
    const proof = appSecret && { appsecret_proof: createHmac('sha256', appSecret.reveal()).update(token.reveal()).digest('hex') };
    for (const [name, value] of Object.entries({ ...query, ...proof })) url.searchParams.set(name, value);
    // A timer of its own: signals joined by AbortSignal.any keep finished requests until they fire.
    const limit = new AbortController();
    const cancel = (): void => limit.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    const timer = setTimeout(() => limit.abort(new Error(`none within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    try {
      signal.throwIfAborted();
      const response = await request(url, {
        method,
        dispatcher: this.#agent,
        signal: limit.signal,
        headers: { authorization: `Bearer ${token.reveal()}`, ...(json ? { 'content-type': 'application/json' } : {}) },
        ...(json ? { body: JSON.stringify(json) } : {}),
        ...(form ? { body: form } : {}),
      });
      return { status: response.statusCode, headers: response.headers, text: redact(await response.body.text(), token, appSecret) };
    } catch (cause) {
      throw unavailable(0, `no answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    }
  }
}

/** Meta repeats a token that it does not like, and its words end in conditions. An app's token ends in its secret. */
function redact(text: string, token: Sensitive, appSecret: Sensitive | undefined): string {
  const [, secret = ''] = token.reveal().split('|');
  const secrets = [token.reveal(), secret, appSecret?.reveal() ?? ''].filter((each) => each.length >= 8);
  return secrets.reduce((rest, each) => rest.replaceAll(each, String(token)), text);
}

interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

function decode<T>(schema: z.ZodType<T>, status: number, text: string): T {
  try {
    return schema.parse(JSON.parse(text, keepDigits));
  } catch {
    // Without the cause: it quotes the answer, and the answer may hold a password.
    throw unavailable(status, 'the answer is not readable');
  }
}

/** Ids may have more digits than a number holds; such a one stays text. */
const keepDigits = (_: string, value: unknown, { source }: { source?: string } = {}): unknown =>
  typeof value === 'number' && source !== undefined && /^\d{16,}$/.test(source) && !Number.isSafeInteger(value) ? source : value;
