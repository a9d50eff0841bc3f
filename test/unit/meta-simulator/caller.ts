// SPDX-License-Identifier: Apache-2.0
// A scripted business that calls users: a SIP client on one TLS connection to Meta's edge. Digest is written out by
// hand, so that the simulator's is not judged by itself.
import { createHash, randomBytes } from 'node:crypto';
import type { Meta } from '../../meta/meta.ts';
import type { BusinessCall } from '../../meta/sip/business/call.ts';
import {
  cseq, header, type Header, listHeader, respond, serialise, type SipMessage, type SipRequest, type SipResponse,
  topBranch,
} from '../../meta/sip/message.ts';
import type { RawSocket } from '../../meta/sip/raw.ts';
import { uriOf } from '../../meta/sip/uri.ts';
import type { Business } from './business.ts';
import { phoneNumber, type SceneOptions, set, stopLater } from './scene.ts';

export const user = '+447700900123';

/** What an INVITE says otherwise than it should. */
export interface Change {
  readonly uri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly contact?: string;
  readonly callId?: string;
  readonly sdp?: string;
  readonly cseq?: number;
  readonly headers?: readonly Header[];
  readonly password?: string;
  /** Of several challenges the one to answer. */
  readonly algorithm?: 'MD5' | 'SHA-256';
  readonly nc?: string;
  /** Changes the fields of the credentials; the response is made from them unless it is among them. */
  readonly fields?: Readonly<Record<string, string>>;
}

export class Caller {
  readonly callId: string = randomBytes(8).toString('hex');
  readonly recordRoutes = ['<sip:sip.example.test;transport=tls;lr>', '<sip:pbx.example.test;lr>'];
  sequence = 0;
  readonly #business: Business;
  readonly #tag = randomBytes(4).toString('hex');
  socket: RawSocket;

  constructor(business: Business, socket: RawSocket) {
    this.#business = business;
    this.socket = socket;
  }

  /** Sends an INVITE; it need not have an answer. */
  send(change: Change = {}, proof: readonly Header[] = []): SipRequest {
    this.sequence = change.cseq ?? this.sequence + 1;
    const uri = change.uri ?? `sip:${user}@wa.meta.vc;transport=tls`;
    const [hop, pbx] = this.recordRoutes;
    const request = this.#request('INVITE', uri, [
      { name: 'Record-Route', value: `${hop}, ${pbx}` },
      { name: 'From', value: `${change.from ?? `<sip:${phoneNumber}@sip.example.test>`};tag=${this.#tag}` },
      { name: 'To', value: change.to ?? `<${uri.split(';')[0]}>` },
      { name: 'Call-ID', value: change.callId ?? this.callId },
      { name: 'CSeq', value: `${this.sequence} INVITE` },
      { name: 'Contact', value: change.contact ?? `<sip:${phoneNumber}@sip.example.test:${this.#business.port};transport=tls>` },
      ...(change.headers ?? []),
      ...proof,
      { name: 'Content-Type', value: 'application/sdp' },
    ], change.sdp ?? this.#business.media.offer());
    this.socket.send(serialise(request));
    return request;
  }

  /** Calls as it should be done: INVITE, the challenge answered, a failure acknowledged. */
  async call(change: Change = {}): Promise<{ challenge: SipResponse; invite: SipRequest; final: SipResponse }> {
    const challenge = await this.challenge(change);
    const invite = this.send(change, [answerTo(challenge, change)]);
    return { challenge, invite, final: await this.final(invite) };
  }

  /** The 407 to an INVITE, acknowledged. */
  challenge(change: Change = {}): Promise<SipResponse> {
    return this.final(this.send({ ...change, ...(change.cseq === undefined ? {} : { cseq: change.cseq - 1 }) }));
  }

  /** The final answer to a request; a failure of an INVITE is acknowledged. */
  async final(request: SipRequest): Promise<SipResponse> {
    const response = await this.response(request, (status) => status >= 200);
    if (request.method === 'INVITE' && response.status >= 300) {
      this.socket.send(serialise({
        ...request,
        method: 'ACK',
        headers: request.headers
          .filter(({ name }) => ['Via', 'From', 'Call-ID'].includes(name))
          .concat({ name: 'To', value: header(response, 'To') ?? '' }, { name: 'CSeq', value: `${cseq(request).number} ACK` }),
        body: Buffer.alloc(0),
      }));
    }
    return response;
  }

  async response(request: SipRequest, wanted: (status: number) => boolean): Promise<SipResponse> {
    const belongs = (message: SipMessage): message is SipResponse =>
      message.kind === 'response' && topBranch(message) === topBranch(request)
      && cseq(message).method === request.method && wanted(message.status);
    const response = await this.socket.message(belongs, 5000);
    if (response?.kind !== 'response') throw new Error(`no answer to ${request.method}`);
    return response;
  }

  /** A request inside the dialog that `answer` made; `change` replaces headers and the request URI. */
  inside(method: string, answer: SipResponse, change: { uri?: string; cseq?: number; routes?: string[] } = {}): SipRequest {
    const routes = change.routes ?? listHeader(answer, 'Record-Route').toReversed().slice(2);
    if (method !== 'ACK') this.sequence = change.cseq ?? this.sequence + 1;
    const request = this.#request(method, change.uri ?? uriOf(header(answer, 'Contact') ?? ''), [
      ...routes.map((value) => ({ name: 'Route', value })),
      { name: 'From', value: header(answer, 'From') ?? '' },
      { name: 'To', value: header(answer, 'To') ?? '' },
      { name: 'Call-ID', value: header(answer, 'Call-ID') ?? '' },
      { name: 'CSeq', value: `${change.cseq ?? (method === 'ACK' ? cseq(answer).number : this.sequence)} ${method}` },
    ]);
    this.socket.send(serialise(request));
    return request;
  }

  /** CANCEL of an INVITE that is open. */
  cancel(invite: SipRequest): SipRequest {
    const kept = invite.headers.filter(({ name }) => ['Via', 'From', 'To', 'Call-ID'].includes(name));
    const sequence = { name: 'CSeq', value: `${cseq(invite).number} CANCEL` };
    const request = { ...invite, method: 'CANCEL', headers: [...kept, sequence], body: Buffer.alloc(0) };
    this.socket.send(serialise(request));
    return request;
  }

  /** Waits for a request of Meta's and answers 200. */
  async take(method: string): Promise<SipRequest> {
    const request = await this.socket.message((message) => message.kind === 'request' && message.method === method, 5000);
    if (request?.kind !== 'request') throw new Error(`no ${method} came`);
    this.socket.send(serialise(respond(request, { code: 200, reason: 'OK' }, this.#tag)));
    return request;
  }

  #request(method: string, uri: string, headers: readonly Header[], body = ''): SipRequest {
    const branch = `z9hG4bK${randomBytes(6).toString('hex')}`;
    const via = { name: 'Via', value: `SIP/2.0/TLS 127.0.0.1:${this.#business.port};branch=${branch}` };
    return { kind: 'request', method, uri, headers: [via, ...headers], body: Buffer.from(body) };
  }
}

/** The credentials for a 407: for the first of its challenges, or the one of `change.algorithm`. */
export function answerTo(challenge: SipResponse, change: Change = {}): Header {
  const offers = challenge.headers.filter(({ name }) => name === 'Proxy-Authenticate').map(({ value }) => value);
  const offer = offers.find((value) => value.includes(`algorithm=${change.algorithm ?? ''}`)) ?? '';
  const said = (name: string) => new RegExp(String.raw`\b${name}="?([^",]+)"?`).exec(offer)?.[1] ?? '';
  const algorithm = said('algorithm');
  const fields: Record<string, string> = {
    username: phoneNumber.replace('+', ''), realm: said('realm'), nonce: said('nonce'), opaque: said('opaque'),
    uri: change.uri ?? `sip:${user}@wa.meta.vc;transport=tls`, cnonce: '0a4f113b', nc: change.nc ?? '00000001', qop: 'auth',
    algorithm, ...change.fields,
  };
  const hash = (text: string) => createHash(algorithm === 'MD5' ? 'md5' : 'sha256').update(text).digest('hex');
  const secret = hash(`${fields['username']}:${fields['realm']}:${change.password ?? 'secret'}`);
  const proven = [fields['nonce'], fields['nc'], fields['cnonce'], 'auth', hash(`INVITE:${fields['uri']}`)].join(':');
  fields['response'] ??= hash(`${secret}:${proven}`);
  const value = Object.entries(fields)
    .map(([name, text]) => (['nc', 'qop', 'algorithm'].includes(name) ? `${name}=${text}` : `${name}="${text}"`));
  return { name: 'Proxy-Authorization', value: `Digest ${value.join(',')}` };
}

export interface CallerScene {
  readonly meta: Meta;
  readonly business: Business;
  readonly caller: Caller;
  /** Opens a further connection. */
  readonly connect: () => Promise<RawSocket>;
}

/** A number that may call, and one user who has permitted it for good and takes calls at once. */
export async function setCaller(options: SceneOptions = {}): Promise<CallerScene> {
  const { meta, business } = await set({}, options);
  meta.changeNumber('1001', { countryCode: 'GB' });
  meta.addUser({ phoneNumber: user, userId: 'GB.1234567890', afterMs: 0 });
  meta.permit('1001', user, 'permanent');
  const connect = async () => {
    const socket = await meta.raw({ host: 'wa.meta.vc', port: meta.edge.port, tls: true });
    stopLater({ stop: () => Promise.resolve(socket.close()) });
    return socket;
  };
  return { meta, business, caller: new Caller(business, await connect()), connect };
}

/** The only call there was. */
export function onlyCall(meta: Meta): BusinessCall {
  const [call, ...others] = meta.businessCalls;
  if (call === undefined || others.length > 0) throw new Error(`there were ${meta.businessCalls.length} calls`);
  return call;
}
