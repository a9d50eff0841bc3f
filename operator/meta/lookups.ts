// SPDX-License-Identifier: Apache-2.0
// What many numbers have in common, asked once for all of them: their token, their account, their webhooks.
import { createHash } from 'node:crypto';
import type { Sensitive } from '../api/sensitive.ts';
import type { AccountNode } from './account.ts';
import { GraphError } from './errors.ts';
import type { AppCredentials, GraphClient } from './graph.ts';
import { Memo } from './memo.ts';
import type { AppSubscription } from './subscriptions.ts';
import type { TokenInfo } from './token.ts';
import type { Access } from './transport.ts';

const TTL_MS = 600_000;

/** Stands for a token where its text must not be. */
export const fingerprintOf = (token: Sensitive): string => createHash('sha256').update(token.reveal()).digest('hex').slice(0, 16);

export class Lookups {
  readonly #graph: GraphClient;
  readonly #tokens: Memo<TokenInfo>;
  readonly #accounts: Memo<AccountNode>;
  readonly #subscribed: Memo<string[]>;
  readonly #subscriptions: Memo<AppSubscription | undefined>;

  /** @param now milliseconds of a clock that never goes back */
  constructor(graph: GraphClient, now: () => number) {
    this.#graph = graph;
    this.#tokens = new Memo(TTL_MS, now);
    this.#accounts = new Memo(TTL_MS, now);
    this.#subscribed = new Memo(TTL_MS, now);
    this.#subscriptions = new Memo(TTL_MS, now);
  }

  /** Whether the token is known, so that asking costs nothing. */
  knowsToken(token: Sensitive): boolean {
    return this.#tokens.has(fingerprintOf(token));
  }

  /**
   * What the token is worth. That Meta does not accept it is an answer too, and holds for all who have it.
   * @throws GraphError, as all below
   */
  token(access: Access): Promise<TokenInfo> {
    return this.#tokens.get(fingerprintOf(access.token), () => this.#graph.token(access).catch(refusedToken));
  }

  account(access: Access, accountID: string): Promise<AccountNode> {
    return this.#accounts.get(accountKey(access, accountID), () => this.#graph.account(access, accountID));
  }

  subscribedApps(access: Access, accountID: string): Promise<string[]> {
    return this.#subscribed.get(accountKey(access, accountID), () => this.#graph.subscribedApps(access, accountID));
  }

  appSubscription(access: Access, app: AppCredentials): Promise<AppSubscription | undefined> {
    return this.#subscriptions.get(app.appID, () => this.#graph.appSubscription(access, app));
  }

  /** How many requests the lookups of a number would cost now. */
  cost(access: Access, accountID: string): number {
    const key = accountKey(access, accountID);
    return [this.#accounts.has(key), this.#subscribed.has(key), this.#subscriptions.has(access.payer.app)].filter((known) => !known).length;
  }

  /** Asks anew next time: Meta refused the token, or somebody wants to know at once. */
  forget(token: Sensitive, accountID: string): void {
    this.#tokens.forget(fingerprintOf(token));
    this.#accounts.forget(accountKey({ token }, accountID));
    this.#subscribed.forget(accountKey({ token }, accountID));
    this.#subscriptions.forgetAll();
  }

  /** The webhooks were changed by us. */
  forgetWebhooks(access: Access, accountID: string): void {
    this.#subscribed.drop(accountKey(access, accountID));
    this.#subscriptions.drop(access.payer.app);
  }
}

function refusedToken(error: unknown): TokenInfo {
  if (!(error instanceof GraphError) || error.kind !== 'token') throw error;
  return { is_valid: false, expires_at: 0, scopes: [], granular_scopes: [], error: { message: error.words } };
}

const accountKey = ({ token }: Pick<Access, 'token'>, accountID: string): string => `${fingerprintOf(token)} ${accountID}`;
