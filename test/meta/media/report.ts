// SPDX-License-Identifier: Apache-2.0
// What a test reads of a call's media, over the whole call or since a mark.
import type { CodecName } from './codecs.ts';
import type { KeyExchange } from './keying.ts';
import { type Counters, countedSince } from './measure.ts';
import type { MediaStream } from './stream.ts';

export interface MediaReport {
  readonly keyExchange: KeyExchange;
  /** Codecs of the answer, the business's or Meta's, in its order. */
  readonly answered: readonly CodecName[];
  /** What Meta sends: the first of them. */
  readonly codec: CodecName | undefined;
  /** Whether the business's SDP has key presses at 8000 Hz. */
  readonly telephoneEvent: boolean;
  /** Packets received by payload type, over the whole call. */
  readonly payloadTypes: Readonly<Record<number, number>>;
  readonly sent: number;
  readonly received: number;
  /** One packet every 20 ms from the first one (or from the mark) on. */
  readonly expected: number;
  /** Missing by sequence number. */
  readonly lost: number;
  readonly duplicated: number;
  /** Packets that the business's key did not open. */
  readonly undecryptable: number;
  readonly rtcpUndecryptable: number;
  readonly rtcpSent: number;
  readonly rtcpReceived: number;
  /** From the 200 OK to the first media of the business; negative when media was first. */
  readonly firstPacketMs: number | undefined;
  readonly firstFrom: 'business' | 'user' | undefined;
  readonly ssrcs: readonly number[];
  /** Address that the business's description tells. */
  readonly told: string | undefined;
  /** `address:port` of everything that sent valid media. */
  readonly sources: readonly string[];
  /** Share of the energy at `hertz`, the mean over the full seconds heard; 0 when there is none. */
  toneShare(hertz: number): number;
  /** The same for each full second. */
  toneShares(hertz: number): number[];
}

/** `since` is an earlier result of `stream.counters()`; sound is kept for the last 60 s. */
export function reportMedia(stream: MediaStream, answeredAtMs: number, since?: Counters): MediaReport {
  const now = stream.counters();
  const counted = countedSince(now, since);
  const { reception, remote } = stream;
  const fromMs = since?.atMs ?? 0;
  const { firstAtMs } = reception.times;
  const toneShares = (hertz: number) => reception.toneShares(hertz, fromMs, now.atMs);
  return {
    keyExchange: stream.keyExchange,
    answered: remote?.codecs ?? [],
    codec: stream.codec,
    telephoneEvent: remote?.telephoneEvent ?? false,
    payloadTypes: reception.payloadTypes,
    sent: counted.sent,
    received: counted.received,
    duplicated: counted.duplicated,
    undecryptable: counted.undecryptable,
    rtcpUndecryptable: counted.rtcpUndecryptable,
    rtcpSent: counted.rtcpSent,
    rtcpReceived: counted.rtcpReceived,
    expected: reception.expected(fromMs, now.atMs),
    lost: reception.lost(fromMs, now.atMs),
    firstPacketMs: firstAtMs === undefined ? undefined : firstAtMs - answeredAtMs,
    firstFrom: stream.firstFrom,
    ssrcs: reception.ssrcs,
    told: remote?.address,
    sources: reception.sources,
    toneShare(hertz) {
      const shares = toneShares(hertz);
      return shares.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / shares.length;
    },
    toneShares,
  };
}
