// SPDX-License-Identifier: Apache-2.0
import { FormData } from 'undici';
import * as z from 'zod';
import { Sensitive } from '../api/sensitive.ts';
import { ACCOUNT_FIELDS, accountNode, type AccountNode } from './account.ts';
import type { CallingWrite } from './calling/write.ts';
import { observedCalling, type ObservedCalling } from './calling/observed.ts';
import { NODE_FIELDS, numberNode, type NumberNode } from './node.ts';
import { askedOf, callPermission, permissionRequest, type CallPermission } from './permission.ts';
import { subscribedApps, subscriptions, type AppSubscription } from './subscriptions.ts';
import { tokenInfo, type TokenInfo } from './token.ts';
import { Transport, type Access, type TransportOptions } from './transport.ts';

const settings = z.object({ calling: observedCalling.prefault({}) });
const success = z.unknown();
const uploaded = z.object({ id: z.string() });

/** The app itself, which may read and set its webhook fields. */
export interface AppCredentials {
  appID: string;
  secret: Sensitive;
}

/** The parts of Meta's Graph API that numbers need. Every method throws GraphError. */
export class GraphClient {
  readonly #transport: Transport;

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options);
  }

  /** What Meta says of the access token itself. */
  token(access: Access): Promise<TokenInfo> {
    const query = { input_token: access.token.reveal() };
    return this.#transport.send(access, { method: 'GET', endpoint: 'debug_token', path: '/debug_token', query }, tokenInfo);
  }

  number(access: Access, phoneNumberID: string): Promise<NumberNode> {
    const query = { fields: NODE_FIELDS };
    return this.#transport.send(access, { method: 'GET', endpoint: 'number', path: `/${phoneNumberID}`, query }, numberNode);
  }

  account(access: Access, accountID: string): Promise<AccountNode> {
    const query = { fields: ACCOUNT_FIELDS };
    return this.#transport.send(access, { method: 'GET', endpoint: 'account', path: `/${accountID}`, query }, accountNode);
  }

  /** The calling settings, with the SIP passwords that this token's app may see. */
  async calling(access: Access, phoneNumberID: string): Promise<ObservedCalling> {
    const query = { include_sip_credentials: 'true' };
    const path = `/${phoneNumberID}/settings`;
    return (await this.#transport.send(access, { method: 'GET', endpoint: 'settings', path, query }, settings)).calling;
  }

  async writeCalling(access: Access, phoneNumberID: string, calling: CallingWrite): Promise<void> {
    await this.#post(access, 'settings', `/${phoneNumberID}/settings`, { calling });
  }

  /** Registers the number with the Cloud API; sets the PIN of two-step verification, or must match the one that there is. */
  async register(access: Access, phoneNumberID: string, pin: Sensitive): Promise<void> {
    await this.#post(access, 'register', `/${phoneNumberID}/register`, { messaging_product: 'whatsapp', pin: pin.reveal() });
  }

  /** Uploads a voicemail announcement, Opus in Ogg, and returns Meta's id of it. */
  async uploadAnnouncement(access: Access, phoneNumberID: string, audio: Uint8Array<ArrayBuffer>): Promise<string> {
    const body = new FormData();
    body.set('messaging_product', 'whatsapp');
    body.set('use_case', 'call_voicemail_announcement');
    body.set('type', 'audio/ogg');
    body.set('file', new Blob([audio], { type: 'audio/ogg' }), 'announcement.ogg');
    const call = { method: 'POST', endpoint: 'media', path: `/${phoneNumberID}/media`, form: body } as const;
    return (await this.#transport.send(access, call, uploaded)).id;
  }

  /** Ids of the apps that the account's webhooks go to. */
  async subscribedApps(access: Access, accountID: string): Promise<string[]> {
    const path = `/${accountID}/subscribed_apps`;
    return this.#transport.send(access, { method: 'GET', endpoint: 'subscribed_apps', path }, subscribedApps);
  }

  /** Sends the account's webhooks to the token's app. */
  async subscribe(access: Access, accountID: string): Promise<void> {
    await this.#post(access, 'subscribed_apps', `/${accountID}/subscribed_apps`, {});
  }

  /** The app's webhook of business accounts; undefined where it has none. */
  appSubscription(access: Access, app: AppCredentials): Promise<AppSubscription | undefined> {
    const path = `/${app.appID}/subscriptions`;
    return this.#transport.send(asApp(access, app), { method: 'GET', endpoint: 'subscriptions', path }, subscriptions);
  }

  /** Sets the app's webhook; Meta checks the address with the word before it takes it. */
  async setAppSubscription(access: Access, app: AppCredentials, wanted: AppSubscription & { verifyToken: Sensitive }): Promise<void> {
    await this.#post(asApp(access, app), 'subscriptions', `/${app.appID}/subscriptions`, {
      object: 'whatsapp_business_account',
      callback_url: wanted.callbackURL,
      verify_token: wanted.verifyToken.reveal(),
      fields: wanted.fields.join(','),
    });
  }

  /** Whether a user, as +DIGITS or as a business-scoped id, may be called by a number. */
  permission(access: Access, phoneNumberID: string, user: string): Promise<CallPermission> {
    const path = `/${phoneNumberID}/call_permissions`;
    return this.#transport.send(access, { method: 'GET', endpoint: 'call_permissions', path, query: askedOf(user) }, callPermission);
  }

  /** Sends a user the message that asks for permission to call. */
  async requestPermission(access: Access, phoneNumberID: string, user: string, text: string | undefined): Promise<void> {
    await this.#post(access, 'messages', `/${phoneNumberID}/messages`, permissionRequest(user, text));
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #post(access: Access, endpoint: string, path: string, body: object): Promise<void> {
    await this.#transport.send(access, { method: 'POST', endpoint, path, json: body }, success);
  }
}

/** The app's own token. Source: Graph API, access tokens. */
const asApp = (access: Access, { appID, secret }: AppCredentials): Access => ({
  ...access,
  token: new Sensitive(`${appID}|${secret.reveal()}`),
  appSecret: undefined,
});
