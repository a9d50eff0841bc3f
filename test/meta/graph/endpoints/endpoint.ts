// SPDX-License-Identifier: Apache-2.0
// What every endpoint is and gets.
import type { VerifyCallback } from '../challenge.ts';
import type { Limits } from '../limits.ts';
import type { GraphRequest } from '../request.ts';
import type { Quirks } from '../settings/quirks.ts';
import type { GraphState } from '../state.ts';
import type { Caller, Scope } from '../tokens.ts';

export interface Context {
  readonly state: GraphState;
  readonly caller: Caller;
  readonly request: GraphRequest;
  readonly quirks: Quirks;
  readonly limits: Limits;
  readonly verifyCallback: VerifyCallback;
}

export interface Endpoint<Target> {
  readonly scope: Scope;
  /** The body of the answer. Throws GraphError. */
  handle(target: Target, context: Context): object | Promise<object>;
}

/** By `METHOD edge`; without an edge by `METHOD` alone. */
export type Endpoints<Target> = Readonly<Record<string, Endpoint<Target>>>;

export const success = { success: true };
