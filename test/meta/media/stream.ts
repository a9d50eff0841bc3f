// SPDX-License-Identifier: Apache-2.0
// The media of one call at Meta's end, keyed by SDES or DTLS: sends a tone and sender reports, measures what comes.
import { randomBytes, randomInt } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { makeDtlsIdentity } from './certificate.ts';
import { type CodecName, codecs, frameMs, toneFrames } from './codecs.ts';
import type { LocalMedia, RemoteMedia } from './description.ts';
import type { KeyExchange } from './keying.ts';
import { type Counters, Reception } from './measure.ts';
import type { Pacer } from './pacer.ts';
import { bindPair, type SocketPair } from './sockets.ts';
import { isRtcp, SrtpPair } from './srtp.ts';
import { DtlsTransport, type MediaJournal, type TransportOptions } from './transport.ts';

export interface CallMedia {
  readonly keyExchange: KeyExchange;
  readonly journal: MediaJournal;
  /** Tone to send, in whole hertz. */
  readonly tone: number;
  /** Send only once the business has sent, as Meta's rule "business sends first" makes it. */
  readonly waitForBusiness: boolean;
  readonly reportIntervalMs: number;
}

export interface StreamOptions extends CallMedia {
  readonly address: string;
  readonly pacer: Pacer;
}

const keptEarly = 100;
const eventFrames = 10;

export class MediaStream {
  readonly #options: StreamOptions;
  readonly #sockets: SocketPair;
  readonly #reception = new Reception((payloadType) => this.#codecOf(payloadType));
  /** Master key and salt of our SDP, where that is SDES. */
  readonly key = randomBytes(30);
  readonly #dtls: DtlsTransport | undefined;
  readonly ssrc = randomBytes(4).readUInt32BE();
  // Below 2^15, so that the first packets cannot wrap before the other side has locked on (RFC 3711 §3.3.1).
  readonly #firstSequence = randomInt(32_768);
  readonly #firstTimestamp = randomInt(0xffff_ffff);
  #early: { bytes: Buffer; source: string; atMs: number; rtcp: boolean }[] = [];
  #remote: RemoteMedia | undefined;
  #srtp: SrtpPair | undefined;
  #startedAtMs: number | undefined;
  #nextReportAtMs = 0;
  #sent = 0;
  #octets = 0;
  #rtcpSent = 0;
  #closedAtMs: number | undefined;
  #firstFrom: 'business' | 'user' | undefined;
  #pressed: { digit: number; startedAt: number; frames: number } | undefined;

  private constructor(options: StreamOptions, sockets: SocketPair, identity?: TransportOptions['identity']) {
    this.#options = options;
    this.#sockets = sockets;
    this.#dtls = identity && new DtlsTransport({
      identity,
      journal: options.journal,
      send: (bytes, { port, address }) => sockets.rtp.send(bytes, port, address),
      secured: ({ local, remote }) => this.#secured(new SrtpPair(local, remote)),
    });
    sockets.rtp.on('message', (bytes, peer) => this.#arrived(bytes, peer, isRtcp(bytes)));
    sockets.rtcp.on('message', (bytes, peer) => this.#arrived(bytes, peer, true));
  }

  static async open(options: StreamOptions): Promise<MediaStream> {
    const identity = options.keyExchange === 'DTLS' ? await makeDtlsIdentity() : undefined;
    return new MediaStream(options, await bindPair(options.address), identity);
  }

  get port(): number {
    return this.#sockets.port;
  }

  get keyExchange(): KeyExchange {
    return this.#options.keyExchange;
  }

  /** What our SDP says of this end. */
  get local(): LocalMedia {
    const { address } = this.#options;
    const keying = this.#dtls === undefined ? { key: this.key } : { dtls: this.#dtls.local };
    return { address, port: this.port, ssrc: this.ssrc, sessionId: Math.floor(Date.now() / 1000), ...keying };
  }

  get reception(): Reception {
    return this.#reception;
  }

  get remote(): RemoteMedia | undefined {
    return this.#remote;
  }

  /** Whose RTP packet was first on the wire, seen from Meta. */
  get firstFrom(): 'business' | 'user' | undefined {
    return this.#firstFrom;
  }

  /** The codec we send: the first that both sides have. */
  get codec(): CodecName | undefined {
    return this.#remote?.codecs[0];
  }

  /** Both sides know each other: packets are opened and sent once there are keys. Early ones count from when they came. */
  start(remote: RemoteMedia): void {
    this.#remote = remote;
    if ('key' in remote) this.#secured(new SrtpPair(this.key, remote.key));
    else this.#dtls?.begin(remote.dtls);
  }

  /** Tells the journal what kept media from running, if anything did. */
  reportMissing(): void {
    this.#dtls?.reportMissing();
  }

  counters(): Counters {
    const atMs = this.#closedAtMs ?? performance.now();
    return { ...this.#reception.counters(), atMs, sent: this.#sent, rtcpSent: this.#rtcpSent };
  }

  /** The user presses a key: an event of 160 ms in place of the voice (RFC 4733). */
  press(digit: number): void {
    this.#pressed = { digit, startedAt: this.#timestamp(), frames: 0 };
  }

  /** Sends what is due. Called by the pacer. */
  tick(nowMs: number): void {
    if (this.#startedAtMs === undefined) return;
    const due = Math.floor((nowMs - this.#startedAtMs) / frameMs) + 1;
    while (this.#sent < due) this.#sendFrame();
    if (nowMs >= this.#nextReportAtMs) this.#sendReport(nowMs);
  }

  close(): void {
    if (this.#closedAtMs !== undefined) return;
    this.#closedAtMs = performance.now();
    this.#options.pacer.remove(this);
    this.#dtls?.close();
    this.#sockets.rtp.close();
    this.#sockets.rtcp.close();
  }

  #secured(srtp: SrtpPair): void {
    if (this.#closedAtMs !== undefined) return;
    this.#srtp = srtp;
    for (const packet of this.#early) this.#open(packet);
    this.#early = [];
    this.#options.pacer.add(this);
    if (!this.#options.waitForBusiness) this.#beginSending();
  }

  #beginSending(): void {
    if (this.#startedAtMs !== undefined || this.#remote === undefined || this.#closedAtMs !== undefined) return;
    if (this.#remote.direction === 'sendonly' || this.#remote.direction === 'inactive') return;
    this.#startedAtMs = performance.now();
    this.#nextReportAtMs = this.#startedAtMs + this.#options.reportIntervalMs / 4;
    this.#firstFrom ??= 'user';
    this.tick(this.#startedAtMs);
  }

  #sendFrame(): void {
    const { codec } = this;
    if (codec === undefined || this.#remote === undefined || this.#srtp === undefined) return;
    const { numbers } = this.#remote;
    const frames = toneFrames(codec, this.#options.tone);
    const event = this.#event();
    const payload = event?.payload ?? frames[this.#sent % frames.length] ?? Buffer.alloc(0);
    const bytes = this.#srtp.protect(
      {
        ssrc: this.ssrc,
        sequence: (this.#firstSequence + this.#sent) & 0xffff,
        timestamp: event?.timestamp ?? this.#timestamp(),
        payloadType: event ? numbers.telephoneEvent : numbers[codec],
        marker: this.#sent === 0 || event?.isFirst === true,
      },
      payload,
    );
    this.#transmit(bytes, 'rtp');
    this.#sent += 1;
    this.#octets += payload.length;
  }

  /** The next packet of a key that is pressed: the last three say that it is over. */
  #event(): { payload: Buffer; timestamp: number; isFirst: boolean } | undefined {
    const pressed = this.#pressed;
    if (!pressed) return undefined;
    pressed.frames += 1;
    if (pressed.frames === eventFrames) this.#pressed = undefined;
    const payload = Buffer.alloc(4);
    payload.writeUInt8(pressed.digit, 0);
    payload.writeUInt8(pressed.frames > eventFrames - 3 ? 0x8a : 0x0a, 1);
    payload.writeUInt16BE(Math.min(pressed.frames, eventFrames - 2) * 160, 2);
    return { payload, timestamp: pressed.startedAt, isFirst: pressed.frames === 1 };
  }

  #sendReport(nowMs: number): void {
    if (this.#remote === undefined || this.#srtp === undefined) return;
    const received = this.#reception.newest;
    const bytes = this.#srtp.protectReport({
      ssrc: this.ssrc,
      nowMs: Date.now(),
      rtpTimestamp: this.#timestamp(),
      packets: this.#sent,
      octets: this.#octets,
      received: received && { ...received, lost: this.#reception.lost(0, nowMs) },
    });
    this.#transmit(bytes, 'rtcp');
    this.#rtcpSent += 1;
    this.#nextReportAtMs = nowMs + this.#options.reportIntervalMs;
  }

  #transmit(bytes: Buffer, kind: 'rtp' | 'rtcp'): void {
    if (this.#remote === undefined) return;
    if (this.#dtls !== undefined) {
      this.#dtls.send(bytes);
      return;
    }
    const { rtcpPort, port, address } = this.#remote;
    const to = kind === 'rtp' ? port : rtcpPort;
    (to === port ? this.#sockets.rtp : this.#sockets.rtcp).send(bytes, to, address);
  }

  #codecOf(payloadType: number): CodecName | undefined {
    return Object.values(codecs).find(({ name }) => this.#remote?.numbers[name] === payloadType)?.name;
  }

  #timestamp(): number {
    const step = (codecs[this.codec ?? 'opus'].clock * frameMs) / 1000;
    return (this.#firstTimestamp + this.#sent * step) >>> 0;
  }

  #arrived(bytes: Buffer, peer: RemoteInfo, rtcp: boolean): void {
    if (this.#closedAtMs !== undefined || this.#dtls?.carriesMedia(bytes, peer) === false) return;
    const packet = { bytes, source: `${peer.address}:${peer.port}`, atMs: performance.now(), rtcp };
    if (this.#srtp !== undefined) this.#open(packet);
    else if (this.#early.length < keptEarly) this.#early.push(packet);
  }

  #open(packet: { bytes: Buffer; source: string; atMs: number; rtcp: boolean }): void {
    if (packet.rtcp) {
      if (this.#srtp?.opensReport(packet.bytes) === true) this.#reception.rtcp(packet.atMs);
      else this.#reception.rtcpUndecryptable();
      return;
    }
    const opened = this.#srtp?.open(packet.bytes);
    if (opened === undefined) {
      this.#reception.undecryptable();
      return;
    }
    this.#firstFrom ??= 'business';
    this.#reception.rtp(opened, packet.source, packet.atMs);
    this.#beginSending();
  }
}
