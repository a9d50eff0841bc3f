// SPDX-License-Identifier: Apache-2.0
// A simulated Meta: Graph over HTTPS, the SIP edge wa.meta.vc, users who call and are called, and strangers who send
// what they like.
import type { AccountInput, AccountState } from './graph/account.ts';
import { GraphApi } from './graph/api.ts';
import type { AppInput, AppState } from './graph/app.ts';
import { Backstage, type ForeignServer } from './graph/backstage.ts';
import { challenger } from './graph/challenge.ts';
import type { Grant, PermissionRequest } from './graph/consent.ts';
import type { LimitSettings } from './graph/limits.ts';
import type { NumberTraits } from './graph/number.ts';
import { GraphServer } from './graph/server.ts';
import { noQuirks, type Quirks } from './graph/settings/quirks.ts';
import type { CallingInput } from './graph/settings/schema.ts';
import { GraphState, type NumberInput, type NumberState } from './graph/state.ts';
import type { TokenInput } from './graph/tokens.ts';
import { Pacer } from './media/pacer.ts';
import { MediaStream } from './media/stream.ts';
import { type Authority, makeAuthority, type ServerIdentity } from './pki.ts';
import { planCall } from './plan.ts';
import type { BusinessCall } from './sip/business/call.ts';
import { BusinessCalls } from './sip/business/calls.ts';
import { Call } from './sip/call.ts';
import type { CallContext } from './sip/context.ts';
import { Edge } from './sip/edge.ts';
import { SipEndpoint } from './sip/endpoint.ts';
import type { CallOptions } from './sip/outcome.ts';
import { openRaw, type RawSocket, type RawTarget } from './sip/raw.ts';
import { metaDomain } from './sip/requests.ts';
import type { UserInput, UserState } from './user.ts';

export interface MetaOptions {
  /** Where Graph, the SIP edge, calls and media live. */
  readonly address: string;
  /** Who resolves the gateways' hostnames: `address` or `address:port`. */
  readonly dnsServer: string;
  /** PEM of the roots that gateways' certificates must end at. */
  readonly trust: string;
  /** 443 and 5061 unless given; 0 takes a free one. */
  readonly graphPort?: number;
  readonly sipPort?: number;
  /** Until a TLS connection must stand. */
  readonly dialTimeoutMs?: number;
  /** Meta's clock, milliseconds since 1970: limits, restrictions, permissions, tokens and visibility go by it. */
  readonly now?: () => number;
}

interface Parts {
  readonly authority: Authority;
  readonly state: GraphState;
  readonly api: GraphApi;
  readonly graph: GraphServer;
  readonly endpoint: SipEndpoint;
}

export class Meta {
  /** The CA that signed graph.facebook.com and wa.meta.vc. */
  readonly caPem: string;
  readonly graph: GraphServer;
  readonly edge: Edge;
  readonly #endpoint: SipEndpoint;
  readonly #options: MetaOptions;
  readonly #state: GraphState;
  readonly #api: GraphApi;
  readonly #backstage: Backstage;
  readonly #context: CallContext;
  readonly #authority: Authority;
  readonly #business: BusinessCalls;

  constructor(options: MetaOptions, parts: Parts) {
    this.#options = options;
    this.caPem = parts.authority.caPem;
    this.#authority = parts.authority;
    this.#state = parts.state;
    this.#api = parts.api;
    this.#backstage = new Backstage(parts.state, parts.api);
    this.graph = parts.graph;
    this.#endpoint = parts.endpoint;
    const pacer = new Pacer();
    this.#context = {
      endpoint: parts.endpoint,
      sourceAddress: options.address,
      openMedia: (media) => MediaStream.open({ ...media, address: options.address, pacer }),
      answered: (call) => this.#backstage.userTalked(call),
    };
    this.#business = new BusinessCalls(this.#context, parts.state);
    this.edge = new Edge(parts.endpoint, this.#business);
  }

  addNumber(input: NumberInput): NumberState {
    return this.#state.addNumber(input);
  }

  removeNumber(phoneNumberID: string): void {
    this.#state.removeNumber(phoneNumberID);
  }

  /** Changes what Meta thinks of a number: its status, quality, restrictions and the like. */
  changeNumber(phoneNumberID: string, change: Partial<NumberTraits>): void {
    Object.assign(this.number(phoneNumberID), change);
  }

  /** Adds a WhatsApp Business Account, or changes the one with its id. */
  addAccount(input: AccountInput): AccountState {
    return this.#state.addAccount(input);
  }

  /** Adds an app, or changes the one with its id. */
  addApp(input: AppInput): AppState {
    return this.#state.addApp(input);
  }

  /** Adds a WhatsApp user whom the business can call, or changes the one with the phone number. */
  addUser(input: UserInput): UserState {
    return this.#state.addUser(input);
  }

  /** A user, by phone number or BSUID, lets a number call, or no longer. Throws for anybody Meta does not know. */
  permit(phoneNumberID: string, user: string, grant: Grant): void {
    this.#backstage.consent(phoneNumberID, user).permit(grant, this.#state.now());
  }

  /** The user writes to the number: for 24 hours the business may send messages of any form. */
  openWindow(phoneNumberID: string, user: string): void {
    this.#backstage.consent(phoneNumberID, user).openWindow(this.#state.now());
  }

  /** The messages of a number that asked for a call permission, oldest first. */
  permissionRequests(phoneNumberID: string): readonly PermissionRequest[] {
    return this.number(phoneNumberID).permissionRequests;
  }

  addToken(input: TokenInput): void {
    this.#state.addToken(input);
  }

  revokeToken(token: string): void {
    this.#state.revokeToken(token);
  }

  /** The settings and servers as Meta has them, passwords included. Throws for an id Meta does not know. */
  number(phoneNumberID: string): NumberState {
    return this.#backstage.number(phoneNumberID);
  }

  /** What GET /{PNID}/settings answers without credentials. */
  settings(phoneNumberID: string): object {
    return this.#backstage.settings(phoneNumberID);
  }

  /** Changes settings as a person in WhatsApp Manager or another app does. Throws GraphError where Meta would refuse. */
  changeSettings(phoneNumberID: string, calling: CallingInput, { appId }: { appId?: string } = {}): void {
    this.#backstage.changeSettings(phoneNumberID, calling, appId);
  }

  /** Another app sets a SIP server of its own, beside those there are. */
  addForeignServer(phoneNumberID: string, server: ForeignServer): void {
    this.#backstage.addForeignServer(phoneNumberID, server);
  }

  /** The SIP password Meta made for a number and an app, if the app has a server entry. */
  sipPassword(phoneNumberID: string, appId: string): string | undefined {
    return this.number(phoneNumberID).servers.find((server) => server.appId === appId)?.password;
  }

  /** Makes a new SIP password, as when somebody rotates it by hand. */
  rotateSipPassword(phoneNumberID: string, appId: string): void {
    this.#backstage.rotateSipPassword(phoneNumberID, appId);
  }

  /** Replaces the roots that gateways' certificates must end at. */
  setTrust(pem: string): void {
    this.#endpoint.trust = pem;
  }

  /** Switches documented oddities on, the others off. */
  setQuirks(quirks: Partial<Quirks>): void {
    this.#api.quirks = { ...noQuirks, ...quirks };
  }

  /** Sets request limits, the others stay. */
  setLimits(limits: Partial<LimitSettings>): void {
    this.#api.limits.settings = { ...this.#api.limits.settings, ...limits };
  }

  /** A user taps the call button: returns at once; the call's `outcome` tells how it went. */
  dial(options: CallOptions): Call {
    const call = new Call(this.#context, options);
    this.edge.add(call);
    const plan = planCall(this.#state, options);
    if ('failure' in plan) call.fail(plan.failure, plan.detail);
    else void call.run(plan);
    return call;
  }

  /** Dials and waits until the set-up has succeeded or failed: see `result` of the call. */
  async call(options: CallOptions): Promise<Call> {
    const call = this.dial(options);
    await call.outcome;
    return call;
  }

  /** Every call of the business in the order of the first INVITEs, also what was refused or only challenged. */
  get businessCalls(): readonly BusinessCall[] {
    return this.#business.all;
  }

  /** The next call of the business that Meta puts through or refuses: ask before it is placed. Rejects in time. */
  nextBusinessCall(options: { to?: string; timeoutMs?: number } = {}): Promise<BusinessCall> {
    return this.#business.next(options);
  }

  /** A certificate for other names from the CA that signed wa.meta.vc, to be shown with `edge.present`. */
  identityFor(...names: string[]): Promise<ServerIdentity> {
    return this.#authority.issue(...names);
  }

  /** A bare socket to a gateway, for hostile input. */
  raw(target: Omit<RawTarget, 'sourceAddress'> & { sourceAddress?: string }): Promise<RawSocket> {
    return openRaw({ sourceAddress: this.#options.address, ...target }, this.#options.dnsServer);
  }

  /** Drops calls and connections and stops listening. */
  async close(): Promise<void> {
    for (const call of this.edge.calls) call.abandon();
    this.#business.abandon();
    await Promise.all([this.#endpoint.close(), this.graph.stop()]);
  }
}

/** Starts Graph and the SIP edge. Rejects when a port is taken. */
export async function startMeta(options: MetaOptions): Promise<Meta> {
  const authority = await makeAuthority('Simulated Meta CA');
  const { address, dnsServer, trust, dialTimeoutMs = 10_000, sipPort = 5061, graphPort = 443, now } = options;
  const identity = await authority.issue(metaDomain);
  const endpoint = new SipEndpoint({ address, port: sipPort, identity, dnsServer, trust, dialTimeoutMs });
  const state = new GraphState(now);
  const verifyCallback = challenger({
    sourceAddress: address, dnsServer, trust: () => endpoint.trust, timeoutMs: dialTimeoutMs,
  });
  const api = new GraphApi(state, verifyCallback);
  const graphIdentity = await authority.issue('graph.facebook.com');
  const graph = new GraphServer(api, { identity: graphIdentity, address, port: graphPort });
  await Promise.all([graph.start(), endpoint.listen()]);
  return new Meta(options, { authority, state, api, graph, endpoint });
}
