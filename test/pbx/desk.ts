// SPDX-License-Identifier: Apache-2.0
// A scripted telephone inside: takes or makes a call, and changes its session as it is told, the odd ways included.
import { randomBytes } from 'node:crypto';
import { cseq, header, type Header, listHeader, respond, serialise, type SipMessage, type SipRequest, type SipResponse } from '../meta/sip/message.ts';
import { credentials, parseChallenge, type Challenge } from '../meta/sip/digest.ts';
import type { ServerIdentity } from '../meta/pki.ts';
import { parseUri, uriOf } from '../meta/sip/uri.ts';
import { DeskMedia, type DeskMediaOptions } from './deskmedia.ts';
import { tcpLink, tlsLink, udpLink, type Link } from './link.ts';

const RETRANSMIT_MS = 500;
const TRANSACTION_MS = 10_000;

/** The call as the desk's own requests need it. */
interface Dialog {
  /** The other side's Contact. */
  target: string;
  routes: readonly string[];
  /** From and To of its requests. */
  local: string;
  remote: string;
  callId: string;
}

export interface Dialling {
  /** User parts: whom it calls, and as whom. */
  to: string;
  from: string;
  /** The proxy that it calls by. */
  proxy: { host: string; port: number };
  /** The name by which it knows that; left out, the address. */
  by?: string;
  headers?: readonly Header[];
  /** As whom it answers a challenge. */
  user?: { name: string; password: string };
  /** Streams beside the voice, as lines of its description. */
  more?: string;
}

export interface Refusal {
  code: number;
  reason: string;
  headers?: readonly Header[];
}

export interface DeskOptions extends DeskMediaOptions {
  /** With one it speaks SIP by TLS. */
  identity?: ServerIdentity | undefined;
  /** Without an identity; UDP where left out. */
  transport?: 'UDP' | 'TCP';
}

export class Desk {
  readonly media: DeskMedia;
  /** Where it sends requests to, if not to where their Route leads. */
  via: { host: string; port: number } | undefined;
  /** Every response that came, in order. */
  readonly responses: SipResponse[] = [];
  /** How often it sent a request of its own, by number. */
  readonly sent = new Map<number, number>();
  /** Every request that came within a call, in order. */
  readonly requests: SipRequest[] = [];
  /** What it answers a call that it does not take; undefined takes it. */
  refuses: (invite: SipRequest) => Refusal | undefined = () => undefined;
  /** An entry of Record-Route as it passes it on, in its answer and as Route. */
  passesOn = (entry: string): string => entry;
  /** While true it says nothing to a call. */
  silent = false;
  readonly #link: Link;
  readonly #address: string;
  readonly #tag = randomBytes(6).toString('hex');
  readonly #waiting = new Map<string, (response: SipResponse) => void>();
  #invite: SipRequest | undefined;
  #dialog: Dialog | undefined;
  #sequence = 100;
  /** Of the call that it makes and that has no final answer yet. */
  #dialling: { invite: SipRequest; to: Dialling['proxy'] } | undefined;

  private constructor(link: Link, media: DeskMedia, address: string) {
    this.#link = link;
    link.heard = (message) => this.#arrived(message);
    this.media = media;
    this.#address = address;
  }

  static async open({ identity, transport, ...options }: DeskOptions): Promise<Desk> {
    const { address } = options;
    const link = identity ? tlsLink(address, identity) : transport === 'TCP' ? tcpLink(address) : udpLink(address);
    return new Desk(await link, await DeskMedia.open(options), address);
  }

  /** Whether an INVITE has come. */
  get isCalled(): boolean {
    return this.#invite !== undefined;
  }

  /** The last call that came. */
  get invite(): SipRequest {
    if (!this.#invite) throw new Error('there was no call');
    return this.#invite;
  }

  get uri(): string {
    const { transport } = this.#link;
    return `sip:desk@${this.host}${transport === 'UDP' ? '' : `;transport=${transport.toLowerCase()}`}`;
  }

  /** Address and port. */
  get host(): string {
    return `${this.#address}:${this.#link.port}`;
  }

  /** Sends a request inside the call and waits for its final answer, whose ACK it sends. Its answer to an offer goes with that. */
  async request(method: string, { sdp, headers = [] }: { sdp?: string; headers?: readonly Header[] } = {}): Promise<SipResponse> {
    this.#sequence += 1;
    const request = this.#build(method, this.#sequence, { ...(sdp === undefined ? {} : { sdp }), headers });
    const response = await this.#transaction(request);
    const isChange = response.body.length > 0;
    if (isChange) this.media.follow(response.body.toString());
    if (method === 'INVITE') {
      const late = isChange && sdp === undefined ? { sdp: this.media.describe() } : {};
      const ack = this.#build('ACK', this.#sequence, { ...late, headers: [] });
      this.#send(response.status < 300 ? ack : refusing(request, ack));
    }
    return response;
  }

  /** Calls a user, sends audio once it is answered, and gives the final answer. */
  async dial({ to, from, proxy, by = proxy.host, headers = [], more = '', user }: Dialling): Promise<SipResponse> {
    const callId = `${randomBytes(8).toString('hex')}@${this.#address}`;
    const dialog: Dialog = {
      target: `sip:${to}@${by}:${proxy.port}`,
      routes: [],
      local: `<sip:${from}@${this.#address}>;tag=${this.#tag}`,
      remote: `<sip:${to}@${by}>`,
      callId,
    };
    const sdp = this.media.describe() + more;
    const first = await this.#begin(dialog, proxy, { sdp, headers });
    const challenge = first.status === 407 && user ? parseChallenge(header(first, 'Proxy-Authenticate') ?? '') : undefined;
    const response = challenge && user ? await this.#begin(dialog, proxy, { sdp, headers: [...headers, proof(challenge, user, dialog.target)] }) : first;
    if (response.status >= 300) return response;
    const routes = listHeader(response, 'Record-Route').toReversed();
    this.#dialog = { ...dialog, target: uriOf(header(response, 'Contact') ?? ''), routes, remote: header(response, 'To') ?? '' };
    this.media.follow(response.body.toString());
    this.#send(this.#build('ACK', this.#sequence, { headers: [] }));
    return response;
  }

  /** Sends an INVITE that begins a call, and the ACK of its refusal. */
  async #begin(dialog: Dialog, proxy: Dialling['proxy'], { sdp, headers }: { sdp: string; headers: readonly Header[] }): Promise<SipResponse> {
    this.#dialog = dialog;
    this.#sequence += 1;
    const invite = this.#build('INVITE', this.#sequence, { sdp, headers });
    this.#dialling = { invite, to: proxy };
    const response = await this.#transaction(invite, proxy);
    this.#dialling = undefined;
    if (response.status < 300) return response;
    this.#dialog = { ...dialog, remote: header(response, 'To') ?? '' };
    this.#send(refusing(invite, this.#build('ACK', this.#sequence, { headers: [] })), proxy);
    return response;
  }

  /** Gives up the call that it is making. */
  cancel(): void {
    if (!this.#dialling) throw new Error('nothing is being dialled');
    const { invite, to } = this.#dialling;
    const headers = invite.headers.filter(({ name }) => ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID'].includes(name));
    this.#send({ ...invite, method: 'CANCEL', headers: [...headers, { name: 'CSeq', value: `${this.#sequence} CANCEL` }], body: Buffer.alloc(0) }, to);
  }

  /** A re-INVITE with its description as it is now. */
  reinvite = (headers: readonly Header[] = []): Promise<SipResponse> => this.request('INVITE', { sdp: this.media.describe(), headers });

  /** Loses its connection to the proxy. */
  disconnect(): void {
    this.#link.drop();
  }

  close(): void {
    this.media.close();
    this.#link.close();
  }

  #build(method: string, sequence: number, { sdp, headers }: { sdp?: string; headers: readonly Header[] }): SipRequest {
    const dialog = this.#dialog;
    if (!dialog) throw new Error('there was no call');
    return {
      kind: 'request',
      method,
      uri: dialog.target,
      headers: [
        { name: 'Via', value: `SIP/2.0/${this.#link.transport} ${this.host};branch=z9hG4bK${randomBytes(8).toString('hex')};rport` },
        { name: 'Max-Forwards', value: '70' },
        ...dialog.routes.map((value) => ({ name: 'Route', value })),
        { name: 'From', value: dialog.local },
        { name: 'To', value: dialog.remote },
        { name: 'Call-ID', value: dialog.callId },
        { name: 'CSeq', value: `${sequence} ${method}` },
        { name: 'Contact', value: `<${this.uri}>` },
        ...headers,
        ...(sdp === undefined ? [] : [{ name: 'Content-Type', value: 'application/sdp' }]),
      ],
      body: Buffer.from(sdp ?? ''),
    };
  }

  async #transaction(request: SipRequest, to?: Dialling['proxy']): Promise<SipResponse> {
    const key = header(request, 'CSeq') ?? '';
    const answer = Promise.withResolvers<SipResponse>();
    this.#waiting.set(key, answer.resolve);
    const { number } = cseq(request);
    const send = (): void => {
      this.sent.set(number, (this.sent.get(number) ?? 0) + 1);
      this.#send(request, to);
    };
    const again = setInterval(send, RETRANSMIT_MS);
    const end = setTimeout(() => answer.reject(new Error(`no final answer to ${key}`)), TRANSACTION_MS);
    try {
      send();
      return await answer.promise;
    } finally {
      clearInterval(again);
      clearTimeout(end);
      this.#waiting.delete(key);
    }
  }

  #send(request: SipRequest, to?: Dialling['proxy']): void {
    const [hop = request.uri] = listHeader(request, 'Route');
    const target = to ?? this.via ?? parseUri(uriOf(hop));
    if (!target) throw new Error(`nowhere to send ${request.method}: ${hop}`);
    this.#link.send(serialise(request), { host: target.host, port: target.port ?? 5060 });
  }

  #arrived(message: SipMessage): void {
    if (message.kind === 'response') {
      this.responses.push(message);
      if (message.status >= 200) this.#waiting.get(header(message, 'CSeq') ?? '')?.(message);
      return;
    }
    if (message.method !== 'INVITE') this.requests.push(message);
    if (message.method === 'INVITE') {
      this.#invite = { ...message, headers: message.headers.map((each) => (each.name === 'Record-Route' ? { ...each, value: this.passesOn(each.value) } : each)) };
      this.#dialog = dialogOf(this.#invite, this.#tag);
      const refusal = this.refuses(message);
      if (refusal) this.#reply(this.#invite, refusal, refusal.headers);
      else if (!this.silent) this.answer();
    } else if (message.method === 'CANCEL' && this.silent) return;
    else if (message.method !== 'ACK') this.#reply(message, { code: 200, reason: 'OK' });
  }

  /** Takes the last call and sends audio, whatever became of it meanwhile. */
  answer(): void {
    const { invite } = this;
    this.media.follow(invite.body.toString());
    const body = Buffer.from(this.media.describe());
    this.#reply(invite, { code: 200, reason: 'OK' }, [{ name: 'Contact', value: `<${this.uri}>` }, { name: 'Content-Type', value: 'application/sdp' }], body);
  }

  #reply(request: SipRequest, status: { code: number; reason: string }, extra: readonly Header[] = [], body = Buffer.alloc(0)): void {
    const [via = ''] = listHeader(request, 'Via');
    const host = parseUri(`sip:${/^\S+ ([^;]+)/.exec(via)?.[1] ?? ''}`);
    this.#link.send(serialise({ ...respond(request, status, this.#tag, extra), body }), { host: host?.host ?? '', port: host?.port ?? 5060 });
  }
}

/** The dialog that an INVITE will make once it is answered with a tag. */
function dialogOf(invite: SipRequest, tag: string): Dialog {
  const of = (name: string): string => header(invite, name) ?? '';
  return {
    target: uriOf(of('Contact')),
    routes: listHeader(invite, 'Record-Route'),
    local: `${of('To')};tag=${tag}`,
    remote: of('From'),
    callId: of('Call-ID'),
  };
}

/** Credentials of a user for a challenge to an INVITE. */
const proof = (challenge: Challenge, { name: username, password }: NonNullable<Dialling['user']>, uri: string): Header => ({
  name: 'Proxy-Authorization',
  value: credentials(challenge, { username, password, method: 'INVITE', uri, cnonce: randomBytes(8).toString('hex'), nc: '00000001' }),
});

/** The ACK of a refusal: it belongs to the transaction (RFC 3261 §17.1.1.3). */
const refusing = (invite: SipRequest, ack: SipRequest): SipRequest => ({ ...ack, headers: [...invite.headers.slice(0, 1), ...ack.headers.slice(1)] });

/** An answer is sent again after 0.5 s without an ACK and after 1 s more (RFC 3261 §13.3.1.4): an ACK may cross with these, not with all that follow. */
const CROSSING = 2;

/** Numbers of the desk's requests whose final answer went on coming although it was acknowledged. */
export const unheeded = ({ responses, sent }: Desk): number[] =>
  [...sent].filter(([number, times]) => responses.filter((each) => each.status >= 200 && cseq(each).number === number).length > times + CROSSING).map(([number]) => number);
