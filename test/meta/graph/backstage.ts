// SPDX-License-Identifier: Apache-2.0
// What people and other apps do to a number at Meta, behind the back of whoever manages it.
import type { GraphApi } from './api.ts';
import type { Consent } from './consent.ts';
import { newSipPassword, type NumberState } from './number.ts';
import { applyUpdate } from './settings/merge.ts';
import type { CallingInput } from './settings/schema.ts';
import { parseUpdate } from './settings/validate.ts';
import { readSettings } from './settings/view.ts';
import type { GraphState } from './state.ts';

export interface ForeignServer {
  readonly appId: string;
  readonly hostname: string;
  readonly port?: number;
}

export class Backstage {
  readonly #state: GraphState;
  readonly #api: GraphApi;

  constructor(state: GraphState, api: GraphApi) {
    this.#state = state;
    this.#api = api;
  }

  /** The settings and servers as Meta has them. Throws for an id Meta does not know. */
  number(phoneNumberID: string): NumberState {
    const number = this.#state.number(phoneNumberID);
    if (number === undefined) throw new RangeError(`Meta knows no phone number ID ${phoneNumberID}`);
    return number;
  }

  /** What stands between a number and a user (phone number or BSUID). Throws for one Meta does not know. */
  consent(phoneNumberID: string, user: string): Consent {
    const known = this.#state.user(user);
    if (known === undefined) throw new RangeError(`Meta knows no user ${user}`);
    return this.#state.consent(this.number(phoneNumberID), known);
  }

  /** A user's call was answered. */
  userTalked({ from, to }: { readonly from: string; readonly to: string }): void {
    const [number, user] = [this.#state.numberByPhone(to), this.#state.user(from)];
    if (number && user) this.#state.consent(number, user).talked();
  }

  /** What GET /{PNID}/settings answers without credentials. */
  settings(phoneNumberID: string): object {
    const options = { withCredentials: false, quirks: this.#api.quirks, now: this.#state.now() };
    return readSettings(this.number(phoneNumberID), options);
  }

  /** Merges `calling` as a write of `appId` would; servers need one. Throws GraphError where Meta would refuse. */
  changeSettings(phoneNumberID: string, calling: CallingInput, appId: string | undefined): void {
    if (appId === undefined && calling.sip?.servers !== undefined) {
      throw new RangeError('A SIP server belongs to an app: give appId');
    }
    const number = this.number(phoneNumberID);
    const now = this.#state.now();
    const callsHeard = this.#state.hearsCalls(this.#state.accountOf(number));
    const writer = { appId: appId ?? '', quirks: this.#api.quirks, now, callsHeard };
    applyUpdate(number, parseUpdate({ calling }, new Date(now)), writer);
  }

  /** Another app sets a SIP server of its own, beside those there are. */
  addForeignServer(phoneNumberID: string, { appId, ...server }: ForeignServer): void {
    this.changeSettings(phoneNumberID, { sip: { servers: [server] } }, appId);
  }

  /** Makes a new SIP password, as when somebody rotates it by hand. */
  rotateSipPassword(phoneNumberID: string, appId: string): void {
    const number = this.number(phoneNumberID);
    number.servers = number.servers.map((server) =>
      server.appId === appId ? { ...server, password: newSipPassword() } : server);
  }
}
