// SPDX-License-Identifier: Apache-2.0
import { Agent, request, type Dispatcher } from 'undici';
import * as z from 'zod';
import type { Sensitive } from '../api/sensitive.ts';
import { GraphError, toGraphError } from './errors.ts';
import { observedCalling, type CallingWrite, type ObservedCalling } from './settings.ts';

const BASE = 'https://graph.facebook.com/v25.0';
const TIMEOUT_MS = 10_000;

const phoneNumberNode = z.object({ display_phone_number: z.string() });
const settings = z.object({ calling: observedCalling.prefault({}) });

export interface NumberAccess {
  phoneNumberID: string;
  token: Sensitive;
  signal: AbortSignal;
}

/** The parts of Meta's Graph API that a number needs. Every method throws GraphError. */
export class GraphClient {
  readonly #agent = new Agent({
    connections: 8,
    allowH2: false,
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });

  /** The number as Meta shows it, with spaces and dashes. */
  async displayNumber(access: NumberAccess): Promise<string> {
    const node = await this.#send(access, { method: 'GET', path: '?fields=display_phone_number' }, phoneNumberNode);
    return node.display_phone_number;
  }

  /** The calling settings, with the SIP passwords that this token's app may see. */
  async calling(access: NumberAccess): Promise<ObservedCalling> {
    const path = '/settings?include_sip_credentials=true';
    return (await this.#send(access, { method: 'GET', path }, settings)).calling;
  }

  async writeCalling(access: NumberAccess, calling: CallingWrite): Promise<void> {
    await this.#send(access, { method: 'POST', path: '/settings', body: JSON.stringify({ calling }) }, z.unknown());
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #send<T>(
    { phoneNumberID, token, signal }: NumberAccess,
    { method, path, body }: { method: Dispatcher.HttpMethod; path: string; body?: string },
    schema: z.ZodType<T>,
  ): Promise<T> {
    const headers = { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const url = `${BASE}/${phoneNumberID}${path}`;
    const { status, text, retryAfter } = await exchange(url, {
      method,
      headers,
      dispatcher: this.#agent,
      signal: limit,
      ...(body === undefined ? {} : { body }),
    });
    if (status >= 300) throw toGraphError(status, text, retryAfter);
    return decode(schema, status, text);
  }
}

type Request = Parameters<typeof request>[1];

async function exchange(url: string, options: Request): Promise<{ status: number; text: string; retryAfter?: string }> {
  try {
    const { statusCode, headers, body } = await request(url, options);
    const retryAfter = headers['retry-after'];
    const text = await body.text();
    return { status: statusCode, text, ...(typeof retryAfter === 'string' ? { retryAfter } : {}) };
  } catch (cause) {
    throw new GraphError({ kind: 'unavailable', status: 0, message: `no answer: ${toText(cause)}`, cause });
  }
}

function decode<T>(schema: z.ZodType<T>, status: number, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Without the cause: it quotes the answer, and the answer may hold a password.
    throw new GraphError({ kind: 'unavailable', status, message: 'the answer is not readable' });
  }
}

function toText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.name === 'TimeoutError' ? `none within ${TIMEOUT_MS / 1000} s` : cause.message;
}
