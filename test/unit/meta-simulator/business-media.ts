// SPDX-License-Identifier: Apache-2.0
// The media of the scripted business: answers an SDES offer, or makes one, and sends a tone.
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type CodecName, codecs, toneFrames } from '../../meta/media/codecs.ts';
import { Reception } from '../../meta/media/measure.ts';
import { isRtcp, SrtpPair } from '../../meta/media/srtp.ts';

export interface BusinessMediaOptions {
  readonly codec: CodecName;
  readonly tone: number;
  /** Send nothing. */
  readonly mute: boolean;
}

/** Other payload types than Meta's own offers have. */
export const offered = { opus: 107, PCMA: 8, PCMU: 0, telephoneEvent: 101 };

const rtpmaps = { opus: 'opus/48000/2', PCMA: 'PCMA/8000', PCMU: 'PCMU/8000' };

export class BusinessMedia {
  /** Meta's packets that opened with the key of its offer. */
  received = 0;
  undecryptable = 0;
  /** What came of a call that we offered. */
  readonly reception = new Reception((payloadType) => (payloadType === offered.opus ? 'opus' : undefined));
  readonly #key = randomBytes(30);
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(): Promise<BusinessMedia> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new BusinessMedia(socket.on('error', () => {}));
  }

  /** The SDP answer; from now on the tone is sent. */
  answer(offer: string, { codec, tone, mute }: BusinessMediaOptions): string {
    const { payloadType } = codecs[codec];
    const key = randomBytes(30);
    this.#run(new SrtpPair(key, keyOf(offer)), offer, { codec, tone, mute, payloadType });
    return this.#describe(key, [[payloadType, rtpmaps[codec]], [126, 'telephone-event/8000']]);
  }

  /** An SDP offer: Opus and G.711. */
  offer(): string {
    return this.#describe(this.#key, [
      [offered.opus, rtpmaps.opus], [offered.PCMU, rtpmaps.PCMU], [offered.PCMA, rtpmaps.PCMA],
      [offered.telephoneEvent, 'telephone-event/8000'],
    ]);
  }

  /** Meta's answer to the offer: from now on the tone is sent. */
  start(answer: string, { codec, tone, mute }: BusinessMediaOptions): void {
    this.#run(new SrtpPair(this.#key, keyOf(answer)), answer, { codec, tone, mute, payloadType: offered[codec] });
  }

  #run(srtp: SrtpPair, remote: string, options: BusinessMediaOptions & { readonly payloadType: number }): void {
    const { codec, tone, mute, payloadType } = options;
    const { clock } = codecs[codec];
    this.silence();
    this.#socket.removeAllListeners('message').on('message', (bytes) => {
      if (isRtcp(bytes)) return;
      const opened = srtp.open(bytes);
      if (opened) this.reception.rtp(opened, '', performance.now());
      if (opened) this.received += 1;
      else this.undecryptable += 1;
    });
    const port = Number(/m=audio (\d+)/.exec(remote)?.[1]);
    const frames = toneFrames(codec, tone);
    const startedAt = performance.now();
    let sent = 0;
    const send = () => {
      for (; sent * 20 <= performance.now() - startedAt; sent += 1) {
        // Starts just below the wrap of sequence numbers.
        const sequence = (65_500 + sent) & 0xffff;
        const packet = { ssrc: 7, sequence, timestamp: (sent * clock) / 50, payloadType, marker: false };
        this.#socket.send(srtp.protect(packet, frames[sent % frames.length] ?? Buffer.alloc(0)), port, '127.0.0.1');
      }
    };
    if (!mute) this.#timer = setInterval(send, 10);
  }

  #describe(key: Buffer, types: readonly (readonly [number, string])[]): string {
    return [
      'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
      `m=audio ${this.#socket.address().port} RTP/SAVP ${types.map(([type]) => type).join(' ')}`,
      'a=rtcp-mux',
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.toString('base64')}`,
      ...types.map(([type, name]) => `a=rtpmap:${type} ${name}`), 'a=ptime:20', '',
    ].join('\r\n');
  }

  /** Stops sending. */
  silence(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    this.silence();
    this.#socket.close();
  }
}

function keyOf(sdp: string): Buffer {
  return Buffer.from(/inline:(\S+)/.exec(sdp)?.[1] ?? '', 'base64');
}
