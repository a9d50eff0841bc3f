// SPDX-License-Identifier: Apache-2.0
// A simulated Meta: Graph over HTTPS, the SIP edge wa.meta.vc, users who call, and strangers who send what they like.
import { GraphApi } from './graph/api.ts';
import { GraphServer } from './graph/server.ts';
import { GraphState, newSipPassword, type NumberInput, type NumberState, type TokenInput } from './graph/state.ts';
import { noQuirks, type Quirks, readSettings } from './graph/settings.ts';
import { Pacer } from './media/pacer.ts';
import { MediaStream } from './media/stream.ts';
import { makeAuthority } from './pki.ts';
import { planCall } from './plan.ts';
import { Call, type CallContext } from './sip/call.ts';
import { Edge } from './sip/edge.ts';
import { SipEndpoint } from './sip/endpoint.ts';
import type { CallOptions } from './sip/outcome.ts';
import { openRaw, type RawSocket, type RawTarget } from './sip/raw.ts';
import { metaDomain } from './sip/requests.ts';

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
}

interface Parts {
  readonly caPem: string;
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
  readonly #context: CallContext;

  constructor(options: MetaOptions, parts: Parts) {
    this.#options = options;
    this.caPem = parts.caPem;
    this.#state = parts.state;
    this.#api = parts.api;
    this.graph = parts.graph;
    this.#endpoint = parts.endpoint;
    this.edge = new Edge(parts.endpoint);
    const pacer = new Pacer();
    this.#context = {
      endpoint: parts.endpoint,
      sourceAddress: options.address,
      openMedia: (media) => MediaStream.open({ ...media, address: options.address, pacer }),
    };
  }

  addNumber(input: NumberInput): NumberState {
    return this.#state.addNumber(input);
  }

  removeNumber(phoneNumberID: string): void {
    this.#state.removeNumber(phoneNumberID);
  }

  addToken(input: TokenInput): void {
    this.#state.addToken(input);
  }

  revokeToken(token: string): void {
    this.#state.revokeToken(token);
  }

  /** The settings and servers as Meta has them, passwords included. Throws for an id Meta does not know. */
  number(phoneNumberID: string): NumberState {
    const number = this.#state.number(phoneNumberID);
    if (number === undefined) throw new RangeError(`Meta knows no phone number ID ${phoneNumberID}`);
    return number;
  }

  /** What GET /{PNID}/settings answers without credentials. */
  settings(phoneNumberID: string): object {
    return readSettings(this.number(phoneNumberID), false, this.#api.quirks);
  }

  /** The SIP password Meta made for a number and an app, if the app has a server entry. */
  sipPassword(phoneNumberID: string, appId: string): string | undefined {
    return this.number(phoneNumberID).servers.find((server) => server.appId === appId)?.password;
  }

  /** Makes a new SIP password, as when somebody rotates it by hand. */
  rotateSipPassword(phoneNumberID: string, appId: string): void {
    const number = this.number(phoneNumberID);
    number.servers = number.servers.map((server) =>
      server.appId === appId ? { ...server, password: newSipPassword() } : server);
  }

  /** Replaces the roots that gateways' certificates must end at. */
  setTrust(pem: string): void {
    this.#endpoint.trust = pem;
  }

  /** Switches documented oddities on, the others off. */
  setQuirks(quirks: Partial<Quirks>): void {
    this.#api.quirks = { ...noQuirks, ...quirks };
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

  /** A bare socket to a gateway, for hostile input. */
  raw(target: Omit<RawTarget, 'sourceAddress'> & { sourceAddress?: string }): Promise<RawSocket> {
    return openRaw({ sourceAddress: this.#options.address, ...target }, this.#options.dnsServer);
  }

  /** Drops calls and connections and stops listening. */
  async close(): Promise<void> {
    for (const call of this.edge.calls) call.abandon();
    await Promise.all([this.#endpoint.close(), this.graph.close()]);
  }
}

/** Starts Graph and the SIP edge. Rejects when a port is taken. */
export async function startMeta(options: MetaOptions): Promise<Meta> {
  const authority = await makeAuthority('Simulated Meta CA');
  const state = new GraphState();
  const api = new GraphApi(state);
  const graph = new GraphServer(api, await authority.issue('graph.facebook.com'));
  const { address, dnsServer, trust, dialTimeoutMs = 10_000, sipPort = 5061, graphPort = 443 } = options;
  const identity = await authority.issue(metaDomain);
  const endpoint = new SipEndpoint({ address, port: sipPort, identity, dnsServer, trust, dialTimeoutMs });
  await Promise.all([graph.listen(address, graphPort), endpoint.listen()]);
  return new Meta(options, { caPem: authority.caPem, state, api, graph, endpoint });
}
