// SPDX-License-Identifier: Apache-2.0
// Accounting of what arrives in a call: loss and duplicates by sequence number, rate by the clock, sound by decoding.
import { type CodecName, codecs, decodedRate, decodeFrames, frameMs } from './codecs.ts';
import type { OpenedPacket } from './srtp.ts';
import { shareBySecond } from './tone.ts';

/** One SSRC. */
interface Stream {
  /** Highest extended sequence number so far. */
  highest: number;
  seen: Set<number>;
}

interface Arrival {
  readonly extended: number;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly payload: Buffer;
  readonly atMs: number;
}

/** Counters since the start; a window is the difference of two. Times are milliseconds of the clock passed in. */
export interface Counters {
  readonly atMs: number;
  readonly received: number;
  readonly duplicated: number;
  readonly undecryptable: number;
  readonly rtcpUndecryptable: number;
  readonly rtcpReceived: number;
  readonly sent: number;
  readonly rtcpSent: number;
}

const noCounters: Counters = {
  atMs: 0, received: 0, duplicated: 0, undecryptable: 0, rtcpUndecryptable: 0, rtcpReceived: 0, sent: 0, rtcpSent: 0,
};

/** What was counted between two moments; `since` is the beginning of the call when left out. */
export function countedSince(now: Counters, since: Counters = noCounters): Counters {
  return {
    atMs: now.atMs - since.atMs,
    received: now.received - since.received,
    duplicated: now.duplicated - since.duplicated,
    undecryptable: now.undecryptable - since.undecryptable,
    rtcpUndecryptable: now.rtcpUndecryptable - since.rtcpUndecryptable,
    rtcpReceived: now.rtcpReceived - since.rtcpReceived,
    sent: now.sent - since.sent,
    rtcpSent: now.rtcpSent - since.rtcpSent,
  };
}

/** How many arrivals are kept for the sound of a call: 60 s of 20 ms packets. */
const keptArrivals = 3000;

export class Reception {
  #received = 0;
  #duplicated = 0;
  #undecryptable = 0;
  #rtcpUndecryptable = 0;
  #rtcpReceived = 0;
  #firstAtMs: number | undefined;
  #lastAtMs: number | undefined;
  readonly #streams = new Map<number, Stream>();
  readonly #payloadTypes = new Map<number, number>();
  readonly #sources = new Set<string>();
  #arrivals: Arrival[] = [];
  readonly #codecOf: (payloadType: number) => CodecName | undefined;

  /** `codecOf` tells voice by its payload type; by the numbers of Meta's offers unless given. */
  constructor(codecOf: (payloadType: number) => CodecName | undefined = codecByNumber) {
    this.#codecOf = codecOf;
  }

  rtp(packet: OpenedPacket, source: string, nowMs: number): void {
    this.#sources.add(source);
    this.#firstAtMs ??= nowMs;
    this.#lastAtMs = nowMs;
    const stream = this.#streams.get(packet.ssrc) ?? { highest: packet.sequence, seen: new Set() };
    this.#streams.set(packet.ssrc, stream);
    const extended = extend(packet.sequence, stream.highest);
    stream.highest = Math.max(extended, stream.highest);
    if (stream.seen.has(extended)) {
      this.#duplicated += 1;
      return;
    }
    remember(stream, extended);
    this.#received += 1;
    this.#payloadTypes.set(packet.payloadType, (this.#payloadTypes.get(packet.payloadType) ?? 0) + 1);
    const { ssrc, payloadType, payload } = packet;
    this.#arrivals.push({ extended, ssrc, payloadType, payload, atMs: nowMs });
    if (this.#arrivals.length > 2 * keptArrivals) this.#arrivals = this.#arrivals.slice(-keptArrivals);
  }

  rtcp(nowMs: number): void {
    this.#rtcpReceived += 1;
    this.#lastAtMs = nowMs;
  }

  undecryptable(): void {
    this.#undecryptable += 1;
  }

  rtcpUndecryptable(): void {
    this.#rtcpUndecryptable += 1;
  }

  /** When media (RTP) came first, and when RTP or RTCP came last. */
  get times(): { firstAtMs: number | undefined; lastAtMs: number | undefined } {
    return { firstAtMs: this.#firstAtMs, lastAtMs: this.#lastAtMs };
  }

  get ssrcs(): number[] {
    return [...this.#streams.keys()];
  }

  /** The newest SSRC with its highest extended sequence number. */
  get newest(): { ssrc: number; highestSequence: number } | undefined {
    const last = [...this.#streams].at(-1);
    return last && { ssrc: last[0], highestSequence: last[1].highest };
  }

  get sources(): string[] {
    return [...this.#sources];
  }

  /** Packets by payload type. */
  get payloadTypes(): Record<number, number> {
    return Object.fromEntries(this.#payloadTypes);
  }

  counters(): Pick<Counters, 'received' | 'duplicated' | 'undecryptable' | 'rtcpUndecryptable' | 'rtcpReceived'> {
    return {
      received: this.#received,
      duplicated: this.#duplicated,
      undecryptable: this.#undecryptable,
      rtcpUndecryptable: this.#rtcpUndecryptable,
      rtcpReceived: this.#rtcpReceived,
    };
  }

  /** Packets missing by sequence number between the first and the last arrival of the window, over all SSRCs. */
  lost(fromMs: number, toMs: number): number {
    let lost = 0;
    for (const ssrc of this.#streams.keys()) {
      const ofStream = this.#window(fromMs, toMs).filter((arrival) => arrival.ssrc === ssrc);
      const numbers = ofStream.map((arrival) => arrival.extended);
      if (numbers.length > 0) lost += Math.max(...numbers) - Math.min(...numbers) + 1 - numbers.length;
    }
    return lost;
  }

  /** How many packets one every 20 ms would have been, from the first arrival (or `fromMs`) to `toMs`. */
  expected(fromMs: number, toMs: number): number {
    if (this.#firstAtMs === undefined) return 0;
    return Math.max(0, Math.round((toMs - Math.max(fromMs, this.#firstAtMs)) / frameMs));
  }

  /** The share of `hertz` in each full second of the window: what came, decoded, with gaps as silence. */
  toneShares(hertz: number, fromMs: number, toMs: number): number[] {
    const window = this.#window(fromMs, toMs);
    const shares: number[] = [];
    for (const run of runs(window)) {
      const codec = this.#codecOf(run[0]?.payloadType ?? -1);
      if (codec !== undefined) shares.push(...runShares(run, codec, hertz));
    }
    return shares;
  }

  #window(fromMs: number, toMs: number): Arrival[] {
    return this.#arrivals.filter((arrival) => arrival.atMs >= fromMs && arrival.atMs <= toMs);
  }
}

function codecByNumber(payloadType: number): CodecName | undefined {
  return Object.values(codecs).find((candidate) => candidate.payloadType === payloadType)?.name;
}

// Old numbers are forgotten: a duplicate is only told within the last few thousand packets.
function remember(stream: Stream, extended: number): void {
  stream.seen.add(extended);
  if (stream.seen.size > 2 * keptArrivals) stream.seen = new Set([...stream.seen].slice(-keptArrivals));
}

/** The sequence number without wrap-around, next to the highest one so far (RFC 3550 §A.1, simplified). */
export function extend(sequence: number, highest: number): number {
  const candidate = highest - (highest & 0xffff) + sequence;
  return [candidate - 65_536, candidate, candidate + 65_536].reduce((best, option) =>
    Math.abs(option - highest) < Math.abs(best - highest) ? option : best,
  );
}

/** Stretches of one SSRC and one voice payload type: each is one sound. */
function runs(arrivals: readonly Arrival[]): Arrival[][] {
  const result: Arrival[][] = [];
  for (const arrival of arrivals) {
    const last = result.at(-1);
    if (last?.[0]?.ssrc === arrival.ssrc && last[0].payloadType === arrival.payloadType) last.push(arrival);
    else result.push([arrival]);
  }
  return result;
}

function runShares(run: readonly Arrival[], codec: CodecName, hertz: number): number[] {
  const byNumber = new Map(run.map((arrival) => [arrival.extended, arrival.payload]));
  const first = Math.min(...byNumber.keys());
  const length = Math.max(...byNumber.keys()) - first + 1;
  const payloads = Array.from({ length }, (_, index) => byNumber.get(first + index));
  return shareBySecond(decodeFrames(codec, payloads), hertz, decodedRate(codec));
}
