// SPDX-License-Identifier: Apache-2.0
// What Meta knows: numbers, their accounts, apps and access tokens, users, and who may see what.
import { newUser, type UserInput, type UserState } from '../user.ts';
import { type AccountInput, type AccountState, newAccount } from './account.ts';
import { type AppInput, type AppState, newApp } from './app.ts';
import { Consent } from './consent.ts';
import { newNumber, type NumberInput, type NumberState } from './number.ts';
import { type Caller, type Scope, type TokenInput, Tokens } from './tokens.ts';

export type { NumberInput, NumberState } from './number.ts';

export class GraphState {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly tokens: Tokens;
  readonly #numbers = new Map<string, NumberState>();
  readonly #accounts = new Map<string, AccountState>();
  readonly #apps = new Map<string, AppState>();
  readonly #users = new Map<string, UserState>();

  constructor(now: () => number = Date.now) {
    this.now = now;
    this.tokens = new Tokens(this.#apps);
  }

  /** Adds a number, or replaces the one with its id; an account that does not exist is made. */
  addNumber(input: NumberInput): NumberState {
    this.removeNumber(input.phoneNumberID);
    const number = newNumber(input, this.now());
    this.#numbers.set(number.phoneNumberID, number);
    this.accountOf(number).phoneNumberIDs.add(number.phoneNumberID);
    return number;
  }

  removeNumber(phoneNumberID: string): void {
    const number = this.#numbers.get(phoneNumberID);
    if (number === undefined) return;
    this.account(number.businessAccountID)?.phoneNumberIDs.delete(phoneNumberID);
    this.#numbers.delete(phoneNumberID);
  }

  /** Adds an account, or changes the one with its id. */
  addAccount(input: AccountInput): AccountState {
    const known = this.#accounts.get(input.id);
    const account = known ? Object.assign(known, input) : newAccount(input);
    this.#accounts.set(input.id, account);
    return account;
  }

  /** The account of a number; a healthy one is made where it names an unknown one. */
  accountOf(number: NumberState): AccountState {
    return this.account(number.businessAccountID) ?? this.addAccount({ id: number.businessAccountID });
  }

  /** Adds an app, or changes the one with its id. */
  addApp(input: AppInput): AppState {
    const known = this.#apps.get(input.appId);
    const app = known ? Object.assign(known, input) : newApp(input);
    this.#apps.set(input.appId, app);
    return app;
  }

  /** Adds a user, or changes the one with the phone number. */
  addUser(input: UserInput): UserState {
    const known = this.#users.get(input.phoneNumber);
    const user = known ? Object.assign(known, input) : newUser(input);
    this.#users.set(input.phoneNumber, user);
    return user;
  }

  /** Adds a token; an app that does not exist is made. */
  addToken(input: TokenInput): void {
    if (!this.#apps.has(input.appId)) this.addApp({ appId: input.appId });
    this.tokens.add(input);
  }

  revokeToken(token: string): void {
    this.tokens.revoke(token);
  }

  number(phoneNumberID: string): NumberState | undefined {
    return this.#numbers.get(phoneNumberID);
  }

  account(id: string): AccountState | undefined {
    return this.#accounts.get(id);
  }

  app(appId: string): AppState | undefined {
    return this.#apps.get(appId);
  }

  numberByPhone(phoneNumber: string): NumberState | undefined {
    return [...this.#numbers.values()].find((number) => number.phoneNumber === phoneNumber);
  }

  /** By phone number with `+`, or by BSUID. */
  user(phoneOrId: string): UserState | undefined {
    return this.#users.get(phoneOrId) ?? [...this.#users.values()].find((user) => user.userId === phoneOrId);
  }

  /** What stands between a number and a user; nothing yet where they never met. */
  consent(number: NumberState, user: UserState): Consent {
    const known = number.consents.get(user.phoneNumber) ?? new Consent();
    number.consents.set(user.phoneNumber, known);
    return known;
  }

  numbersOf(account: AccountState): NumberState[] {
    return [...account.phoneNumberIDs].flatMap((id) => this.#numbers.get(id) ?? []);
  }

  hasConnectedNumber(account: AccountState): boolean {
    for (const id of account.phoneNumberIDs) if (this.#numbers.get(id)?.numberStatus === 'CONNECTED') return true;
    return false;
  }

  /**
   * Whether the app holds a permission for the number, by whatever token it was granted. The grant is the app's:
   * a token that is revoked or expires takes nothing from it.
   */
  appHolds(appId: string, scope: Scope, number: NumberState): boolean {
    for (const token of this.tokens.all()) {
      if (token.appId === appId && token.scopes.includes(scope) && reachesNumber(token, number)) return true;
    }
    return false;
  }

  seesNumber({ token }: Caller, number: NumberState): boolean {
    return token !== undefined && reachesNumber(token, number);
  }

  seesAccount({ token }: Caller, account: AccountState): boolean {
    if (token === undefined || !(token.accounts?.includes(account.id) ?? true)) return false;
    return token.phoneNumberIDs === undefined || token.phoneNumberIDs.some((id) => account.phoneNumberIDs.has(id));
  }

  /** Whether an app hears the webhook field `calls` of the account. */
  hearsCalls(account: AccountState): boolean {
    return [...account.subscribers.keys()].some((appId) =>
      this.#apps.get(appId)?.subscriptions.get('whatsapp_business_account')?.fields.includes('calls'));
  }
}

function reachesNumber(token: TokenInput, number: NumberState): boolean {
  return (token.accounts?.includes(number.businessAccountID) ?? true)
    && (token.phoneNumberIDs?.includes(number.phoneNumberID) ?? true);
}
