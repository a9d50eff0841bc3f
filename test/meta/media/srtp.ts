// SPDX-License-Identifier: Apache-2.0
// SRTP of one call: our key protects what we send, the other side's opens what comes.
import {
  ProtectionProfileAes128CmHmacSha1_80, RtcpReceiverInfo, RtcpSenderInfo, RtcpSourceDescriptionPacket, RtcpSrPacket,
  RtpHeader, SourceDescriptionChunk, SourceDescriptionItem, SrtcpSession, SrtpSession,
} from 'werift';
import { quicken } from './quickcipher.ts';

/** An RTP packet that authenticated, taken apart. */
export interface OpenedPacket {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly payload: Buffer;
}

export interface OutgoingPacket {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly marker: boolean;
}

export interface SenderReport {
  readonly ssrc: number;
  readonly nowMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
  /** What we hear, once something came. */
  readonly received: { ssrc: number; highestSequence: number; lost: number } | undefined;
}

const ntpEpochSeconds = 2_208_988_800n;

export class SrtpPair {
  readonly #rtp: SrtpSession;
  readonly #rtcp: SrtcpSession;

  /** Both keys are master key and salt in one, 30 bytes (RFC 4568 §6.1). */
  constructor(localKey: Buffer, remoteKey: Buffer) {
    const config = {
      profile: ProtectionProfileAes128CmHmacSha1_80,
      keys: {
        localMasterKey: localKey.subarray(0, 16),
        localMasterSalt: localKey.subarray(16, 30),
        remoteMasterKey: remoteKey.subarray(0, 16),
        remoteMasterSalt: remoteKey.subarray(16, 30),
      },
    };
    this.#rtp = new SrtpSession(config);
    quicken(this.#rtp.localContext);
    quicken(this.#rtp.remoteContext);
    this.#rtcp = new SrtcpSession(config);
  }

  protect(packet: OutgoingPacket, payload: Buffer): Buffer {
    const { ssrc, sequence, timestamp, payloadType, marker } = packet;
    return this.#rtp.encrypt(
      payload,
      new RtpHeader({ ssrc, sequenceNumber: sequence, timestamp, payloadType, marker, payloadOffset: 12 }),
    );
  }

  /** Undefined when the packet does not authenticate with the other side's key. */
  open(bytes: Buffer): OpenedPacket | undefined {
    try {
      const plain = this.#rtp.decrypt(bytes);
      const head = RtpHeader.deSerialize(plain);
      return {
        ssrc: head.ssrc,
        sequence: head.sequenceNumber,
        timestamp: head.timestamp,
        payloadType: head.payloadType,
        payload: plain.subarray(head.payloadOffset, plain.length - head.paddingSize),
      };
    } catch {
      return undefined; // counted as undecryptable by the caller
    }
  }

  protectReport(report: SenderReport): Buffer {
    const ntp = ((BigInt(Math.floor(report.nowMs)) << 32n) / 1000n) + (ntpEpochSeconds << 32n);
    const { ssrc, received } = report;
    const sender = new RtcpSrPacket({
      ssrc,
      senderInfo: new RtcpSenderInfo({
        ntpTimestamp: ntp,
        rtpTimestamp: report.rtpTimestamp,
        packetCount: report.packets,
        octetCount: report.octets,
      }),
      reports: received === undefined ? [] : [
        new RtcpReceiverInfo({
          ssrc: received.ssrc,
          fractionLost: 0,
          packetsLost: Math.max(0, received.lost),
          highestSequence: received.highestSequence >>> 0,
          jitter: 0,
          lsr: 0,
          dlsr: 0,
        }),
      ],
    });
    const name = new SourceDescriptionItem({ type: 1, text: 'WhatsAppAudioStream1' });
    const description = new RtcpSourceDescriptionPacket({
      chunks: [new SourceDescriptionChunk({ source: ssrc, items: [name] })],
    });
    return this.#rtcp.encrypt(Buffer.concat([sender.serialize(), description.serialize()]));
  }

  /** Whether an RTCP packet authenticates with the other side's key. */
  opensReport(bytes: Buffer): boolean {
    try {
      this.#rtcp.decrypt(bytes);
      return true;
    } catch {
      return false; // counted as undecryptable by the caller
    }
  }
}

/** RTP and RTCP on one port are told apart by the second byte (RFC 5761 §4). */
export function isRtcp(bytes: Buffer): boolean {
  const type = bytes[1] ?? 0;
  return type >= 192 && type <= 223;
}
