// SPDX-License-Identifier: Apache-2.0
// The media of the scripted business: answers an SDES offer and sends a tone.
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type CodecName, codecs, toneFrames } from '../../meta/media/codecs.ts';
import { isRtcp, SrtpPair } from '../../meta/media/srtp.ts';

export interface BusinessMediaOptions {
  readonly codec: CodecName;
  readonly tone: number;
  /** Send nothing. */
  readonly mute: boolean;
}

const rtpmaps = { opus: 'opus/48000/2', PCMA: 'PCMA/8000', PCMU: 'PCMU/8000' };

export class BusinessMedia {
  /** Meta's packets that opened with the key of its offer. */
  received = 0;
  undecryptable = 0;
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
    const { payloadType, clock } = codecs[codec];
    const key = randomBytes(30);
    const srtp = new SrtpPair(key, Buffer.from(/inline:(\S+)/.exec(offer)?.[1] ?? '', 'base64'));
    this.silence();
    this.#socket.removeAllListeners('message').on('message', (bytes) => {
      if (isRtcp(bytes)) return;
      if (srtp.open(bytes)) this.received += 1;
      else this.undecryptable += 1;
    });
    const port = Number(/m=audio (\d+)/.exec(offer)?.[1]);
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
    return [
      'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
      `m=audio ${this.#socket.address().port} RTP/SAVP ${payloadType} 126`,
      'a=rtcp-mux',
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.toString('base64')}`,
      `a=rtpmap:${payloadType} ${rtpmaps[codec]}`, 'a=rtpmap:126 telephone-event/8000', 'a=ptime:20', '',
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
