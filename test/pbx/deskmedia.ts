// SPDX-License-Identifier: Apache-2.0
// The media of a scripted telephone inside: sends a tone by RTP from wherever it is at the moment, measures what comes.
import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { RtpHeader } from 'werift';
import { type CodecName, codecs, frameMs, toneFrames } from '../meta/media/codecs.ts';
import { Reception } from '../meta/media/measure.ts';
import { Pacer } from '../meta/media/pacer.ts';
import { bindPair, type SocketPair } from '../meta/media/sockets.ts';
import { isRtcp, SrtpPair, type OpenedPacket, type OutgoingPacket } from '../meta/media/srtp.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface DeskMediaOptions {
  address: string;
  tone: number;
  codecs: readonly CodecName[];
  /** Whether it speaks SRTP, with keys by SDES. */
  srtp?: boolean;
}

const MAPS = { opus: '111 opus/48000/2', PCMA: '8 PCMA/8000', PCMU: '0 PCMU/8000' } as const;
const pacer = new Pacer();

export class DeskMedia {
  /** What comes, at all its places together. */
  readonly reception = new Reception();
  direction: Direction = 'sendrecv';
  codecs: readonly CodecName[];
  /** In whole hertz. */
  tone: number;
  readonly #address: string;
  /** Master key and salt of what it sends, where it speaks SRTP. */
  #key: Buffer | undefined;
  #srtp: SrtpPair | undefined;
  readonly #session = randomBytes(3).readUIntBE(0, 3);
  #version = 0;
  #described = '';
  #sockets: SocketPair;
  #ssrc = 0;
  #target: { address: string; port: number } | undefined;
  /** Codec of the other side's description. */
  #codec: CodecName | undefined;
  #startedAtMs = 0;
  #sent = 0;

  private constructor(sockets: SocketPair, options: DeskMediaOptions) {
    this.#address = options.address;
    this.tone = options.tone;
    this.codecs = options.codecs;
    if (options.srtp) this.rekey();
    this.#sockets = sockets;
    this.#listen();
  }

  static async open(options: DeskMediaOptions): Promise<DeskMedia> {
    return new DeskMedia(await bindPair(options.address), options);
  }

  /** Goes on at another port with another source, as when another device takes over: once the other side has answered. */
  async move(): Promise<void> {
    this.#target = undefined;
    const before = this.#sockets;
    this.#sockets = await bindPair(this.#address);
    this.#listen();
    before.rtp.close();
    before.rtcp.close();
  }

  /** Takes another key for what it sends, once the other side has answered. */
  rekey(): void {
    this.#key = randomBytes(30);
  }

  /** Its description now; the version of o= changes where the rest does. */
  describe(): string {
    const media = [
      `m=audio ${this.#sockets.port} ${this.#key ? 'RTP/SAVP' : 'RTP/AVP'} ${this.codecs.map((name) => codecs[name].payloadType).join(' ')} 126`,
      ...this.codecs.map((name) => `a=rtpmap:${MAPS[name]}`),
      'a=rtpmap:126 telephone-event/8000',
      ...(this.#key ? [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${this.#key.toString('base64')}`] : []),
      `a=${this.direction}`,
    ].join('\r\n');
    if (media !== this.#described) this.#version += 1;
    this.#described = media;
    return `v=0\r\no=desk ${this.#session} ${this.#version} IN IP4 ${this.#address}\r\ns=-\r\nc=IN IP4 ${this.#address}\r\nt=0 0\r\n${media}\r\n`;
  }

  /** Sends to where the other side's description says, in the first codec that it has in common. */
  follow(description: string): void {
    const types = (/m=audio \d+ \S+ ([\d ]+)/.exec(description)?.[1] ?? '').split(' ').map(Number);
    const address = /c=IN IP4 (\S+)/.exec(description)?.[1];
    const port = Number(/m=audio (\d+)/.exec(description)?.[1]);
    this.#codec = types.flatMap((type) => this.codecs.find((name) => codecs[name].payloadType === type) ?? [])[0];
    if (!address || !this.#codec) throw new Error(`nothing in common with ${description}`);
    this.#startedAtMs ||= performance.now();
    this.#target = { address, port };
    const key = /AES_CM_128_HMAC_SHA1_80 inline:(\S+)/.exec(description)?.[1];
    if (Boolean(key) !== Boolean(this.#key)) throw new Error(`SRTP on one side only: ${description}`);
    if (key && this.#key) this.#srtp = new SrtpPair(this.#key, Buffer.from(key, 'base64'));
    pacer.add(this);
  }

  tick(nowMs: number): void {
    if (!this.#target || !this.#codec || this.direction === 'recvonly' || this.direction === 'inactive') {
      this.#startedAtMs = nowMs - this.#sent * frameMs;
      return;
    }
    while (this.#sent <= (nowMs - this.#startedAtMs) / frameMs) this.#send(this.#codec, this.#target);
  }

  close(): void {
    pacer.remove(this);
    this.#sockets.rtp.close();
    this.#sockets.rtcp.close();
  }

  #send(codec: CodecName, { address, port }: { address: string; port: number }): void {
    const { payloadType, clock } = codecs[codec];
    const head = { ssrc: this.#ssrc, sequence: this.#sent & 0xffff, timestamp: (this.#sent * clock * frameMs) / 1000, payloadType, marker: false };
    const frames = toneFrames(codec, this.tone);
    const frame = frames[this.#sent % frames.length] ?? Buffer.alloc(0);
    this.#sockets.rtp.send(this.#srtp?.protect(head, frame) ?? plain(head, frame), port, address);
    this.#sent += 1;
  }

  #listen(): void {
    this.#ssrc = randomBytes(4).readUInt32BE();
    this.#sockets.rtp.on('message', (bytes, { address, port }: RemoteInfo) => {
      if (isRtcp(bytes)) return;
      const packet = this.#srtp ? this.#srtp.open(bytes) : opened(bytes);
      if (packet) this.reception.rtp(packet, `${address}:${port}`, performance.now());
      else this.reception.undecryptable();
    });
  }
}

function plain({ ssrc, sequence: sequenceNumber, timestamp, payloadType }: OutgoingPacket, payload: Buffer): Buffer {
  return Buffer.concat([new RtpHeader({ ssrc, sequenceNumber, timestamp, payloadType, payloadOffset: 12 }).serialize(12), payload]);
}

function opened(bytes: Buffer): OpenedPacket {
  const { ssrc, sequenceNumber: sequence, timestamp, payloadType, payloadOffset } = RtpHeader.deSerialize(bytes);
  return { ssrc, sequence, timestamp, payloadType, payload: bytes.subarray(payloadOffset) };
}
