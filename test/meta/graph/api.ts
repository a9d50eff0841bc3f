// SPDX-License-Identifier: Apache-2.0
// The Graph endpoints, apart from HTTP: who asks, about what, within the limits; then the endpoint answers.
import type { AccountState } from './account.ts';
import type { VerifyCallback } from './challenge.ts';
import { Counter } from './counts.ts';
import { accountEndpoints } from './endpoints/account.ts';
import { answerApp } from './endpoints/app.ts';
import { debugToken } from './endpoints/debug-token.ts';
import type { Context, Endpoints } from './endpoints/endpoint.ts';
import { numberEndpoints } from './endpoints/number.ts';
import { GraphError, invalidParameter, missingScope, unknownObject } from './errors.ts';
import { Limits } from './limits.ts';
import { type GraphRequest, type Reply, tokenOf } from './request.ts';
import { noQuirks, type Quirks } from './settings/quirks.ts';
import type { GraphState } from './state.ts';

/** What a path is about. */
interface Subject {
  readonly id: string;
  readonly edge: string;
  /** The account it is, or the one that the number belongs to. */
  readonly account: AccountState | undefined;
}

export class GraphApi {
  readonly counter = new Counter();
  readonly limits = new Limits();
  quirks: Quirks = noQuirks;
  readonly #state: GraphState;
  readonly #verifyCallback: VerifyCallback;

  constructor(state: GraphState, verifyCallback: VerifyCallback) {
    this.#state = state;
    this.#verifyCallback = verifyCallback;
  }

  async answer(request: GraphRequest): Promise<Reply> {
    const headers: Record<string, string> = {};
    try {
      return { status: 200, body: await this.#answer(request, headers), headers };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const { status, code, headers: own } = error.shape;
      if (code === 4 || code === 80007 || code === 613) this.counter.addThrottled();
      return { status, headers: { ...headers, ...own }, body: error.body };
    }
  }

  /** Counts a request, whatever becomes of it. */
  count(request: GraphRequest): void {
    const { id, edge, account } = this.#subject(request);
    const appId = this.#state.tokens.caller(tokenOf(request) ?? '')?.app.appId;
    const path = [this.#kindOf(id), edge].filter(Boolean).join('/');
    this.counter.add({ kind: `${request.method} /${path}`, appId, accountID: account?.id });
  }

  async #answer(request: GraphRequest, headers: Record<string, string>): Promise<object> {
    const state = this.#state;
    const now = state.now();
    const caller = state.tokens.authenticate(tokenOf(request), request.query.get('appsecret_proof'), now);
    const { appId } = caller.app;
    headers['x-app-usage'] = this.limits.takeForApp(appId, now);
    const { id, edge, account } = this.#subject(request);
    if (id === '') throw invalidParameter('The path is not /vNN.0/{object}, for instance /v25.0/100000000000001');
    const { quirks, limits } = this;
    const context = { state, caller, request, quirks, limits, verifyCallback: this.#verifyCallback };
    if (id === 'debug_token' && edge === '') return debugToken(context);
    const app = state.app(id);
    if (app) return answerApp(app, edge, context);
    const number = state.number(id);
    const seen = number ? state.seesNumber(caller, number) : account && state.seesAccount(caller, account);
    if (account === undefined || seen !== true) throw unknownObject(id);
    const usage = { id: account.id, connected: state.hasConnectedNumber(account) };
    headers['x-business-use-case-usage'] = this.limits.takeForAccount(appId, usage, now);
    return number ? call(numberEndpoints, number, context) : call(accountEndpoints, account, context);
  }

  #subject({ path }: GraphRequest): Subject {
    const [, id = '', ...edges] = path.split('/');
    const number = this.#state.number(id);
    return { id, edge: edges.join('/'), account: this.#state.account(number?.businessAccountID ?? id) };
  }

  #kindOf(id: string): string {
    if (id === 'debug_token') return id;
    if (this.#state.number(id)) return '{number}';
    if (this.#state.account(id)) return '{account}';
    return this.#state.app(id) ? '{app}' : '{unknown}';
  }
}

function call<Target>(
  endpoints: Endpoints<Target>,
  target: Target,
  context: Context,
): object | Promise<object> {
  const { request: { method, path }, caller } = context;
  const [, id = '', ...edges] = path.split('/');
  const key = [method, edges.join('/')].filter(Boolean).join(' ');
  const endpoint = Object.hasOwn(endpoints, key) ? endpoints[key] : undefined;
  if (endpoint === undefined) throw unknownObject(id);
  if (caller.token?.scopes.includes(endpoint.scope) !== true) throw missingScope(endpoint.scope);
  return endpoint.handle(target, context);
}
