// SPDX-License-Identifier: Apache-2.0
// Asks the Graph API object directly, apart from HTTP, with the token of one app.
import { expect } from 'vitest';
import { GraphApi } from '../../meta/graph/api.ts';
import type { VerifyCallback } from '../../meta/graph/challenge.ts';
import { GraphState, type NumberInput } from '../../meta/graph/state.ts';
import type { TokenInput } from '../../meta/graph/tokens.ts';

export const id = '100000000000001';
export const account = '2001';
export const server = { hostname: 'sip.example.net', port: 5061 };
export const enable = {
  status: 'ENABLED', sip: { status: 'ENABLED', servers: [server] }, srtp_key_exchange_protocol: 'SDES',
};

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Sent {
  /** An object goes as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly bearer?: string | undefined;
}

export interface Client {
  readonly api: GraphApi;
  readonly state: GraphState;
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  get(path?: string): Promise<Answer>;
  /** Writes the `calling` group. */
  post(calling: unknown): Promise<Answer>;
  /** The `calling` group, passwords included. */
  settings(): Promise<Record<string, unknown>>;
  servers(): Promise<Record<string, unknown>[]>;
}

export interface ClientOptions {
  /** A state that another client has too. */
  readonly state?: GraphState;
  readonly appId?: string;
  readonly token?: Partial<TokenInput>;
  readonly now?: () => number;
  readonly verifyCallback?: VerifyCallback;
}

/** A client whose number is healthy apart from `input`; several may share a state. */
export function client(input: Partial<NumberInput> = {}, options: ClientOptions = {}): Client {
  const { appId = '7001', verifyCallback = () => Promise.resolve() } = options;
  const state = options.state ?? new GraphState(options.now);
  if (!options.state) {
    state.addNumber({ phoneNumberID: id, phoneNumber: '+15550001111', businessAccountID: account, ...input });
  }
  state.addToken({ token: `token-${appId}`, appId, scopes: ['whatsapp_business_management'], ...options.token });
  const api = new GraphApi(state, verifyCallback);
  const send = async (method: string, path: string, sent: Sent = {}): Promise<Answer> => {
    const url = new URL(path, 'https://graph.facebook.com');
    const { contentType = 'application/json' } = sent;
    const bearer = 'bearer' in sent ? sent.bearer : `token-${appId}`;
    const request = { method, version: 'v25.0', path: url.pathname, query: url.searchParams, bearer, contentType };
    const reply = await api.answer({ ...request, body: toBytes(sent.body) });
    return { ...reply, body: record(reply.body) };
  };
  const settings = async () =>
    record((await send('GET', `/${id}/settings?include_sip_credentials=true`)).body['calling']);
  return {
    api,
    state,
    send,
    get: (path = `/${id}/settings`) => send('GET', path),
    post: (calling) => send('POST', `/${id}/settings`, { body: { calling } }),
    settings,
    servers: async () => {
      const { servers } = record((await settings())['sip']);
      return Array.isArray(servers) ? servers.map(record) : [];
    },
  };
}

function toBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** What an answer with an error looks like. */
export function refused(code: number, details: RegExp, status = 400): object {
  return {
    status,
    body: {
      error: {
        code, message: expect.stringContaining(`(#${code})`), error_data: { details: expect.stringMatching(details) },
      },
    },
  };
}
