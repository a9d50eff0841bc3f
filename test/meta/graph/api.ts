// SPDX-License-Identifier: Apache-2.0
// The Graph endpoints, apart from HTTP: GET and POST /{PNID}/settings, GET /{PNID}.
import { GraphError, invalidParameter, unknownObject } from './errors.ts';
import { readNode } from './node.ts';
import { applyUpdate, noQuirks, type Quirks, readSettings } from './settings.ts';
import type { GraphState, NumberState, TokenInput } from './state.ts';
import { parseUpdate } from './validate.ts';

export interface GraphRequest {
  readonly method: string;
  /** Without the version prefix; empty when there was none. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** From `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  /** The body as it came; '' for none. */
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Requests that are 100 % of an app's usage. */
const fullUsage = 5000;

export class GraphApi {
  readonly #state: GraphState;
  readonly #requests = new Map<string, number>();
  quirks: Quirks = noQuirks;

  constructor(state: GraphState) {
    this.#state = state;
  }

  answer(request: GraphRequest): Reply {
    const headers: Record<string, string> = {};
    try {
      const token = this.#state.authenticate(request.bearer ?? request.query.get('access_token') ?? undefined);
      headers['x-app-usage'] = this.#usage(token);
      const [, id = '', edge, ...more] = request.path.split('/');
      if (id === '') throw invalidParameter('The path is not /vNN.0/{object}, for instance /v25.0/100000000000001');
      if (more.length > 0 || (edge !== undefined && edge !== 'settings')) throw unknownObject(id);
      const number = this.#state.open(token, id);
      headers['x-business-use-case-usage'] = JSON.stringify({ [number.businessAccountID]: [businessUsage(0)] });
      const body = edge === undefined ? node(number, request) : this.#settings(number, token, request);
      return { status: 200, headers, body };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      return { status: error.status, headers, body: error.body };
    }
  }

  #settings(number: NumberState, token: TokenInput, request: GraphRequest): object {
    if (request.method === 'GET') {
      return readSettings(number, request.query.get('include_sip_credentials') === 'true', this.quirks);
    }
    if (request.method !== 'POST') throw unknownObject(number.phoneNumberID);
    applyUpdate(number, parseUpdate(parseJson(request.body), new Date()), token.appId, this.quirks);
    return { success: true };
  }

  #usage(token: TokenInput): string {
    const count = (this.#requests.get(token.appId) ?? 0) + 1;
    this.#requests.set(token.appId, count);
    const percent = Math.min(100, Math.floor((count * 100) / fullUsage));
    return JSON.stringify({ call_count: percent, total_cputime: 0, total_time: 0 });
  }
}

/** One entry of X-Business-Use-Case-Usage; minutes above 0 mean that the limit is reached. */
export function businessUsage(regainMinutes: number): object {
  return {
    type: 'whatsapp_business_management',
    call_count: regainMinutes > 0 ? 100 : 1,
    total_cputime: 0,
    total_time: 0,
    estimated_time_to_regain_access: regainMinutes,
  };
}

function node(number: NumberState, request: GraphRequest): object {
  if (request.method !== 'GET') throw unknownObject(number.phoneNumberID);
  return readNode(number, request.query.get('fields'));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw invalidParameter(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
