// SPDX-License-Identifier: Apache-2.0
// A Meta app: its mode, its secret, and what webhooks it wants.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface AppTraits {
  name: string;
  secret: string;
  mode: 'live' | 'development';
  /** Every request with a token of this app must carry `appsecret_proof`. */
  requireProof: boolean;
}

export type AppInput = { readonly appId: string } & Partial<AppTraits>;

/** What an app wants to hear of one object, e.g. `whatsapp_business_account`. */
export interface Subscription {
  readonly callbackURL: string;
  readonly verifyToken: string;
  readonly fields: readonly string[];
}

export interface AppState extends AppTraits {
  readonly appId: string;
  readonly subscriptions: Map<string, Subscription>;
}

/** A live app with a secret of its own, unless `input` says otherwise. */
export function newApp(input: AppInput): AppState {
  return {
    name: `App ${input.appId}`,
    secret: randomBytes(16).toString('hex'),
    mode: 'live',
    requireProof: false,
    ...input,
    subscriptions: new Map(),
  };
}

/** Whether `proof` is HMAC-SHA256 of the token with the app's secret, in hexadecimal. */
export function isProof(app: AppState, token: string, proof: string): boolean {
  const right = createHmac('sha256', app.secret).update(token).digest();
  const given = Buffer.from(proof, 'hex');
  return given.length === right.length && timingSafeEqual(given, right);
}
