// SPDX-License-Identifier: Apache-2.0
// The media of a business that speaks DTLS, by a WebRTC library: a full ICE agent with a certificate of its own.
import { RTCPeerConnection, type RTCDtlsTransport, RtpHeader, RTCRtpCodecParameters, RTCSessionDescription } from 'werift';
import { toneFrames } from '../../meta/media/codecs.ts';
import { Reception } from '../../meta/media/measure.ts';

const address = '127.0.0.1';
const tone = 1000;

/** Other payload types than Meta's own offers have. */
export const webRtcTypes = { opus: 107, telephoneEvent: 101 };

export class WebRtcBusiness {
  /** What came of Meta. */
  readonly reception: Reception;
  /** RTCP packets of Meta. */
  reports = 0;
  readonly #peer: RTCPeerConnection;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  readonly #types: { readonly opus: number; readonly telephoneEvent: number };

  /** `types` are the payload types of its offers; an answer keeps those of Meta's offer. */
  constructor(types = webRtcTypes) {
    this.#types = types;
    this.reception = new Reception((payloadType) => (payloadType === types.opus ? 'opus' : undefined));
    this.#peer = new RTCPeerConnection({
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [address],
      iceInterfaceAddresses: { udp4: address },
      codecs: {
        audio: [
          new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: types.opus }),
          new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8000, payloadType: types.telephoneEvent }),
        ],
      },
    });
  }

  async answer(offer: string): Promise<string> {
    await this.#peer.setRemoteDescription(new RTCSessionDescription(offer, 'offer'));
    for (const transceiver of this.#peer.getTransceivers()) transceiver.setDirection('sendrecv');
    const answer = await this.#peer.createAnswer();
    await this.#peer.setLocalDescription(answer);
    this.#run();
    return this.#described();
  }

  async offer(): Promise<string> {
    this.#peer.addTransceiver('audio', { direction: 'sendrecv' });
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#described();
  }

  async accept(answer: string): Promise<void> {
    await this.#peer.setRemoteDescription(new RTCSessionDescription(answer, 'answer'));
    this.#run();
  }

  /** Stops sending. */
  silence(): void {
    clearInterval(this.#timer);
  }

  async stop(): Promise<void> {
    this.silence();
    await this.#peer.close();
  }

  #described(): string {
    return this.#peer.localDescription?.sdp ?? '';
  }

  /** Sends a tone as soon as there are keys. */
  #run(): void {
    const [transport] = this.#peer.dtlsTransports;
    if (transport === undefined) throw new Error('the peer connection has no DTLS transport');
    transport.onRtp.subscribe(({ header, payload }) => {
      const { ssrc, sequenceNumber: sequence, timestamp, payloadType } = header;
      this.reception.rtp({ ssrc, sequence, timestamp, payloadType, payload }, '', performance.now());
    });
    transport.onRtcp.subscribe(() => { this.reports += 1; });
    let startedAtMs: number | undefined;
    this.#timer = setInterval(() => {
      if (transport.state !== 'connected') return;
      startedAtMs ??= performance.now();
      while (this.#sent * 20 <= performance.now() - startedAtMs) this.#send(transport);
    }, 10);
  }

  #send(transport: RTCDtlsTransport): void {
    const frames = toneFrames('opus', tone);
    const payload = frames[this.#sent % frames.length] ?? Buffer.alloc(0);
    const header = new RtpHeader({
      version: 2, ssrc: 7, sequenceNumber: 100 + this.#sent, timestamp: this.#sent * 960, payloadType: this.#types.opus,
    });
    this.#sent += 1;
    void transport.sendRtp(payload, header);
  }
}
