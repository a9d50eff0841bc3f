// SPDX-License-Identifier: Apache-2.0
// GET /debug_token: what a token is good for.
import { GraphError, invalidParameter, unknownObject } from '../errors.ts';
import type { GraphState } from '../state.ts';
import type { Caller } from '../tokens.ts';
import type { Context } from './endpoint.ts';

/** Throws GraphError 100 for a token of another app than the one that asks. */
export function debugToken({ state, caller, request }: Context): object {
  if (request.method !== 'GET') throw unknownObject('debug_token');
  const token = request.query.get('input_token');
  if (token === null || token === '') throw invalidParameter('Param input_token is required');
  const subject = state.tokens.caller(token);
  if (subject !== undefined && subject.app !== caller.app) {
    const title = 'The App_id in the input_token did not match the Viewing App';
    throw new GraphError({ status: 400, code: 100 }, title, title);
  }
  return { data: { ...describe(subject), ...verdict(state, token) } };
}

function describe(subject: Caller | undefined): object {
  if (subject === undefined) return { scopes: [] };
  const { app, token } = subject;
  const common = { app_id: app.appId, application: app.name };
  if (token === undefined) return { ...common, type: 'APP', scopes: [] };
  const targets = token.accounts === undefined ? {} : { target_ids: token.accounts };
  return {
    ...common,
    type: 'SYSTEM_USER',
    expires_at: token.expiresAt ?? 0,
    scopes: token.scopes,
    granular_scopes: token.scopes.map((scope) => ({ scope, ...targets })),
  };
}

function verdict(state: GraphState, token: string): object {
  const problem = state.tokens.problem(token, state.now());
  if (problem === undefined) return { is_valid: true };
  const { code, subcode } = problem.shape;
  return { is_valid: false, error: { code, message: problem.message, ...(subcode === undefined ? {} : { subcode }) } };
}
