// SPDX-License-Identifier: Apache-2.0
// The media of a scripted telephone inside: sends a tone by RTP from wherever it is at the moment, measures what comes.
import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { RtpHeader } from 'werift';
import { type CodecName, codecs, frameMs, toneFrames } from '../meta/media/codecs.ts';
import { Reception } from '../meta/media/measure.ts';
import { Pacer } from '../meta/media/pacer.ts';
import { bindPair, type SocketPair } from '../meta/media/sockets.ts';
import { isRtcp } from '../meta/media/srtp.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

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

  private constructor(sockets: SocketPair, options: { address: string; tone: number; codecs: readonly CodecName[] }) {
    this.#address = options.address;
    this.tone = options.tone;
    this.codecs = options.codecs;
    this.#sockets = sockets;
    this.#listen();
  }

  static async open(options: { address: string; tone: number; codecs: readonly CodecName[] }): Promise<DeskMedia> {
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

  /** Its description now; the version of o= changes where the rest does. */
  describe(): string {
    const media = [
      `m=audio ${this.#sockets.port} RTP/AVP ${this.codecs.map((name) => codecs[name].payloadType).join(' ')} 126`,
      ...this.codecs.map((name) => `a=rtpmap:${MAPS[name]}`),
      'a=rtpmap:126 telephone-event/8000',
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
    const head = new RtpHeader({
      ssrc: this.#ssrc,
      sequenceNumber: this.#sent & 0xffff,
      timestamp: (this.#sent * clock * frameMs) / 1000,
      payloadType,
      payloadOffset: 12,
    });
    const frames = toneFrames(codec, this.tone);
    this.#sockets.rtp.send(Buffer.concat([head.serialize(12), frames[this.#sent % frames.length] ?? Buffer.alloc(0)]), port, address);
    this.#sent += 1;
  }

  #listen(): void {
    this.#ssrc = randomBytes(4).readUInt32BE();
    this.#sockets.rtp.on('message', (bytes, { address, port }: RemoteInfo) => {
      if (isRtcp(bytes)) return;
      const head = RtpHeader.deSerialize(bytes);
      const { ssrc, sequenceNumber: sequence, timestamp, payloadType, payloadOffset } = head;
      this.reception.rtp({ ssrc, sequence, timestamp, payloadType, payload: bytes.subarray(payloadOffset) }, `${address}:${port}`, performance.now());
    });
  }
}
