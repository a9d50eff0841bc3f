// SPDX-License-Identifier: Apache-2.0
// A scripted business on loopback for the simulator's own tests: a TLS SIP server that challenges, answers with SDES
// and sends a tone. Digest is written out by hand, so that the simulator's is not judged by itself.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { type Authority, makeAuthority } from '../../meta/pki.ts';
import {
  header, type Header, listHeader, respond, serialise, type SipMessage, type SipRequest, type SipResponse,
} from '../../meta/sip/message.ts';
import { StreamParser } from '../../meta/sip/parse.ts';
import { BusinessMedia, type BusinessMediaOptions } from './business-media.ts';

export interface Script {
  password: string;
  /** The final answer. */
  status: number;
  /** Ring and never answer. */
  silent: boolean;
  /** Say nothing at all to an INVITE. */
  deaf: boolean;
  /** Answer 200 instead of 487 when the user gives up. */
  lateAnswer: boolean;
  challenge: string;
  /** The Record-Route set of the answer, made from the right one. */
  recordRoutes(right: string[]): string[];
  sdp(right: string): string;
  /** Answer this SDP, and leave the scripted media alone. */
  answer: string | undefined;
  media: BusinessMediaOptions;
}

const domain = 'sip.example.test';
const defaults: Script = {
  password: '',
  status: 200,
  silent: false,
  deaf: false,
  lateAnswer: false,
  challenge: `Digest realm="${domain}", nonce="0123456789abcdef", opaque="fedcba9876543210", algorithm=MD5, qop="auth"`,
  recordRoutes: (right) => right,
  sdp: (right) => right,
  answer: undefined,
  media: { codec: 'opus', tone: 1000, mute: false },
};

export class Business {
  readonly script: Script;
  readonly requests: SipRequest[] = [];
  readonly serverNames: unknown[] = [];
  readonly caPem: string;
  readonly media: BusinessMedia;
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  tag = randomBytes(6).toString('hex');
  #invite: SipRequest | undefined;
  #send: (response: SipResponse) => void = () => {};

  private constructor(script: Partial<Script>, parts: { authority: Authority; server: Server; media: BusinessMedia }) {
    this.script = { ...defaults, ...script };
    this.caPem = parts.authority.caPem;
    this.media = parts.media;
    this.#server = parts.server.on('secureConnection', (socket) => this.#serve(socket));
  }

  /** Starts with a certificate for `names`. */
  static async start(script: Partial<Script> = {}, names: readonly string[] = [domain]): Promise<Business> {
    const authority = await makeAuthority('Test CA');
    const server = createServer(await authority.issue(...names)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Business(script, { authority, server, media: await BusinessMedia.open() });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  methods(): string[] {
    return this.requests.map((request) => request.method);
  }

  /** Sends a response to the last INVITE. */
  say(status: number): void {
    if (this.#invite) this.#send(status === 200 ? this.#answer(this.#invite) : this.#response(this.#invite, status));
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Sends a request inside the dialog on a new connection to Meta's edge; undefined when it is left unanswered. */
  async request(
    method: string,
    port: number,
    options: { routes?: boolean; waitMs?: number } = {},
  ): Promise<SipMessage | undefined> {
    const invite = this.#invite;
    if (invite === undefined) throw new Error('there was no call');
    const routes = options.routes === false ? [] : listHeader(invite, 'Record-Route');
    const headers: Header[] = [
      { name: 'Via', value: `SIP/2.0/TLS 127.0.0.1:${this.port};branch=z9hG4bK${randomBytes(6).toString('hex')}` },
      ...routes.map((value) => ({ name: 'Route', value })),
      { name: 'From', value: `${header(invite, 'To')};tag=${this.tag}` },
      { name: 'To', value: header(invite, 'From') ?? '' },
      { name: 'Call-ID', value: header(invite, 'Call-ID') ?? '' },
      { name: 'CSeq', value: `1 ${method}` },
    ];
    const uri = /<([^>]*)>/.exec(header(invite, 'Contact') ?? '')?.[1] ?? '';
    const bytes = serialise({ kind: 'request', method, uri, headers, body: Buffer.alloc(0) });
    const socket = connect({ port, host: '127.0.0.1', servername: 'wa.meta.vc', rejectUnauthorized: false });
    socket.write(bytes);
    const data = once(socket, 'data', { signal: AbortSignal.timeout(options.waitMs ?? 3000) });
    const [chunk] = await data.catch(() => [undefined]);
    socket.destroy();
    return Buffer.isBuffer(chunk) ? new StreamParser().push(chunk)[0] : undefined;
  }

  async stop(): Promise<void> {
    this.media.close();
    this.dropConnections();
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()); });
  }

  #serve(socket: TLSSocket): void {
    this.#sockets.add(socket);
    this.serverNames.push(socket.servername);
    const parser = new StreamParser();
    socket.on('error', () => {});
    socket.on('close', () => { this.#sockets.delete(socket); });
    socket.on('data', (chunk: Buffer) => {
      for (const message of parser.push(chunk)) {
        if (message.kind === 'request') this.#receive(message, (response) => { socket.write(serialise(response)); });
      }
    });
  }

  #receive(request: SipRequest, send: (response: SipResponse) => void): void {
    this.requests.push(request);
    if (request.method === 'ACK') return;
    if (request.method === 'INVITE') {
      this.#invite = request;
      this.#send = send;
      if (!this.script.deaf) this.#receiveInvite(request, send);
      return;
    }
    this.media.silence();
    send(this.#response(request, 200));
    if (request.method === 'CANCEL') this.say(this.script.lateAnswer ? 200 : 487);
  }

  #receiveInvite(invite: SipRequest, send: (response: SipResponse) => void): void {
    const proof = header(invite, 'Proxy-Authorization');
    if (proof === undefined) {
      send(this.#response(invite, 407, [{ name: 'Proxy-Authenticate', value: this.script.challenge }]));
      return;
    }
    if (!this.#proves(proof)) {
      send(this.#response(invite, 403));
      return;
    }
    send(this.#response(invite, 180));
    if (this.script.silent) return;
    this.say(this.script.status);
  }

  #answer(invite: SipRequest): SipResponse {
    const response = this.#response(invite, 200, [
      { name: 'Contact', value: '<sip:pbx@10.0.0.5:5060>' },
      { name: 'Content-Type', value: 'application/sdp' },
    ]);
    const sdp = this.script.answer ?? this.script.sdp(this.media.answer(invite.body.toString(), this.script.media));
    const right = [`<sip:${domain}:${this.port};transport=tls;lr>`, ...listHeader(invite, 'Record-Route')];
    const routes = this.script.recordRoutes(right).map((value) => ({ name: 'Record-Route', value }));
    const others = response.headers.filter((entry) => entry.name !== 'Record-Route');
    return { ...response, headers: [...others, ...routes], body: Buffer.from(sdp) };
  }

  #response(request: SipRequest, code: number, extra: readonly Header[] = []): SipResponse {
    return respond(request, { code, reason: `Scripted ${code}` }, this.tag, extra);
  }

  #proves(proof: string): boolean {
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)"?`).exec(proof)?.[1] ?? '';
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const secret = md5(`${field('username')}:${domain}:${this.script.password}`);
    const request = md5(`INVITE:${field('uri')}`);
    const response = md5(`${secret}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${request}`);
    return field('response') === response;
  }
}
