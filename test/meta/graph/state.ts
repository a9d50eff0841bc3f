// SPDX-License-Identifier: Apache-2.0
// What Meta knows: numbers, access tokens with their app, and for each number the calling settings.
import { randomBytes } from 'node:crypto';
import { badToken, missingScope, unknownObject } from './errors.ts';
import type { StoredCalling } from './schema.ts';

export type Scope = 'whatsapp_business_management' | 'whatsapp_business_messaging';

export type MessagingLimit = 'TIER_250' | 'TIER_2K' | 'TIER_10K' | 'TIER_100K' | 'TIER_UNLIMITED' | 'UNTIERED';

export interface Restriction {
  readonly type: 'RESTRICTED_BUSINESS_INITIATED_CALLING' | 'RESTRICTED_USER_INITIATED_CALLING';
  readonly reason: string;
  /** Unix seconds, UTC. */
  readonly expiration: number;
}

export interface NumberInput {
  readonly phoneNumberID: string;
  /** E.164 with `+`. */
  readonly phoneNumber: string;
  readonly businessAccountID: string;
  readonly verifiedName?: string;
  readonly messagingLimit?: MessagingLimit;
  readonly accountMode?: 'LIVE' | 'SANDBOX';
  readonly restrictions?: readonly Restriction[];
}

/** The entry of one app in `sip.servers`. */
export interface SipServer {
  readonly appId: string;
  readonly hostname: string;
  readonly port: number;
  readonly requestUriUserParams: Readonly<Record<string, string>>;
  readonly password: string;
}

/** A number with its calling settings as they stand. */
export interface NumberState extends Required<NumberInput> {
  calling: StoredCalling;
  servers: readonly SipServer[];
}

export interface TokenInput {
  readonly token: string;
  readonly appId: string;
  readonly scopes: readonly Scope[];
  /** The numbers the token may see; all when left out. */
  readonly phoneNumberIDs?: readonly string[];
}

export class GraphState {
  readonly #numbers = new Map<string, NumberState>();
  readonly #tokens = new Map<string, TokenInput>();

  addNumber(input: NumberInput): NumberState {
    const state: NumberState = {
      verifiedName: 'Example Ltd',
      messagingLimit: 'TIER_2K',
      accountMode: 'LIVE',
      restrictions: [],
      ...input,
      calling: {},
      servers: [],
    };
    this.#numbers.set(input.phoneNumberID, state);
    return state;
  }

  removeNumber(phoneNumberID: string): void {
    this.#numbers.delete(phoneNumberID);
  }

  addToken(input: TokenInput): void {
    this.#tokens.set(input.token, input);
  }

  revokeToken(token: string): void {
    this.#tokens.delete(token);
  }

  number(phoneNumberID: string): NumberState | undefined {
    return this.#numbers.get(phoneNumberID);
  }

  numberByPhone(phoneNumber: string): NumberState | undefined {
    return [...this.#numbers.values()].find((number) => number.phoneNumber === phoneNumber);
  }

  /** Whether the app holds a permission by any of its tokens that may see the number. */
  appHolds(appId: string, scope: Scope, phoneNumberID: string): boolean {
    return [...this.#tokens.values()].some((token) =>
      token.appId === appId && token.scopes.includes(scope) && sees(token, phoneNumberID));
  }

  /** The token's record. Throws GraphError 190. */
  authenticate(token: string | undefined): TokenInput {
    if (token === undefined || token === '') throw badToken('An access token is required to request this resource');
    const known = this.#tokens.get(token);
    if (known === undefined) throw badToken('The access token could not be decrypted, has expired or was revoked');
    return known;
  }

  /** The number, as the token sees it. Throws GraphError 100/33 or 10. */
  open(token: TokenInput, phoneNumberID: string): NumberState {
    const number = this.#numbers.get(phoneNumberID);
    if (number === undefined || !sees(token, phoneNumberID)) throw unknownObject(phoneNumberID);
    if (!token.scopes.includes('whatsapp_business_management')) throw missingScope('whatsapp_business_management');
    return number;
  }
}

function sees(token: TokenInput, phoneNumberID: string): boolean {
  return token.phoneNumberIDs?.includes(phoneNumberID) ?? true;
}

/** A SIP password as Meta makes it: opaque, unique for number and app. */
export function newSipPassword(): string {
  return randomBytes(24).toString('base64url');
}
