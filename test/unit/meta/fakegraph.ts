// SPDX-License-Identifier: Apache-2.0
// A Graph API of plain functions: each answers what a test wants, and says that it was asked.
import { Sensitive } from '../../../operator/api/sensitive.ts';
import type { AccountNode } from '../../../operator/meta/account.ts';
import { Budget } from '../../../operator/meta/budget.ts';
import { GraphClient, type AppCredentials } from '../../../operator/meta/graph.ts';
import type { AppSubscription } from '../../../operator/meta/subscriptions.ts';
import { tokenInfo, type TokenInfo } from '../../../operator/meta/token.ts';
import type { Access } from '../../../operator/meta/transport.ts';
import { goodToken } from '../builders.ts';

/** Whoever asks with a token. */
export const access = (token = 'token'): Access => ({
  token: new Sensitive(token),
  appSecret: undefined,
  payer: { app: '7', account: '1' },
  booking: 'voice/sales',
  signal: new AbortController().signal,
});

export class FakeGraph extends GraphClient {
  /** Names of what was asked for, in order. */
  readonly calls: string[] = [];
  /** Errors to fail with, once each, by the name of what is asked for. */
  readonly failures = new Map<string, Error>();
  subscribed: string[] = ['7'];
  subscription: AppSubscription | undefined;
  verifyToken: string | undefined;

  constructor() {
    super({ budget: new Budget(() => 0) });
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  override async token(): Promise<TokenInfo> {
    return this.#asked('token', tokenInfo.parse({ data: goodToken }));
  }

  override async account(_: Access, id: string): Promise<AccountNode> {
    return this.#asked('account', { id });
  }

  override async subscribedApps(): Promise<string[]> {
    return this.#asked('subscribedApps', this.subscribed);
  }

  override async subscribe(): Promise<void> {
    this.#asked('subscribe', undefined);
    this.subscribed = [...this.subscribed, '7'];
  }

  override async appSubscription(): Promise<AppSubscription | undefined> {
    return this.#asked('appSubscription', this.subscription);
  }

  override async setAppSubscription(
    _: Access,
    __: AppCredentials,
    wanted: AppSubscription & { verifyToken: Sensitive },
  ): Promise<void> {
    this.#asked('setAppSubscription', undefined);
    const { verifyToken, ...subscription } = wanted;
    this.subscription = subscription;
    this.verifyToken = verifyToken.reveal();
  }

  #asked<T>(name: string, answer: T): T {
    this.calls.push(name);
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure) throw failure;
    return answer;
  }
}
