// SPDX-License-Identifier: Apache-2.0
// The voice codecs Meta speaks, each with its RTP facts and a tone cut into ready-made 20 ms frames.
import OpusScript from 'opusscript';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from './g711.ts';

export type CodecName = 'opus' | 'PCMA' | 'PCMU';

export interface Codec {
  readonly name: CodecName;
  /** The payload type in Meta's offers. */
  readonly payloadType: number;
  /** RTP clock in Hz. */
  readonly clock: number;
}

export const codecs: Readonly<Record<CodecName, Codec>> = {
  opus: { name: 'opus', payloadType: 111, clock: 48_000 },
  PCMA: { name: 'PCMA', payloadType: 8, clock: 8000 },
  PCMU: { name: 'PCMU', payloadType: 0, clock: 8000 },
};

export const frameMs = 20;
const framesPerSecond = 1000 / frameMs;
const amplitude = 10_000;

/** One second of a sine; whole hertz, so that seconds follow each other without a seam. */
export function sine(hertz: number, sampleRate: number): Int16Array {
  return Int16Array.from(
    { length: sampleRate },
    (_, index) => Math.round(amplitude * Math.sin((2 * Math.PI * hertz * index) / sampleRate)),
  );
}

const cache = new Map<string, readonly Buffer[]>();

/** One second of a tone as encoded 20 ms frames, to be sent round and round; encoded once per process. */
export function toneFrames(name: CodecName, hertz: number): readonly Buffer[] {
  const id = `${name} ${hertz}`;
  const frames = cache.get(id) ?? encodeTone(name, hertz);
  cache.set(id, frames);
  return frames;
}

function encodeTone(name: CodecName, hertz: number): Buffer[] {
  const { clock } = codecs[name];
  const size = (clock * frameMs) / 1000;
  const tone = sine(hertz, clock);
  const frame = (index: number) => {
    const start = (index % framesPerSecond) * size;
    return tone.subarray(start, start + size);
  };
  const all = Array.from({ length: framesPerSecond }, (_, index) => index);
  if (name === 'PCMA') return all.map((index) => encodePcma(frame(index)));
  if (name === 'PCMU') return all.map((index) => encodePcmu(frame(index)));
  const encoder = new OpusScript(48_000, 1, OpusScript.Application.AUDIO);
  encoder.setBitrate(20_000); // maxaveragebitrate of Meta's offer
  try {
    // A second of warm-up, so that the frames join where the second starts over.
    return [...all, ...all]
      .map((index) => encoder.encode(bytesOf(frame(index)), size))
      .slice(framesPerSecond);
  } finally {
    encoder.delete();
  }
}

/** Sample rate of what `decodeFrames` gives: Opus is decoded at 16 kHz, the band of Meta's calls. */
export function decodedRate(name: CodecName): number {
  return name === 'opus' ? 16_000 : codecs[name].clock;
}

/** Decodes packets in order; undefined (a lost packet) becomes 20 ms of silence, as does what the decoder refuses. */
export function decodeFrames(name: CodecName, payloads: readonly (Uint8Array | undefined)[]): Int16Array {
  const silence = new Int16Array((decodedRate(name) * frameMs) / 1000);
  const decode = decoderOf(name);
  const parts = payloads.map((payload) => (payload === undefined ? silence : (decode.frame(payload) ?? silence)));
  decode.close();
  const samples = new Int16Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  return samples;
}

interface Decoder {
  frame(payload: Uint8Array): Int16Array | undefined;
  close(): void;
}

function decoderOf(name: CodecName): Decoder {
  if (name === 'PCMA') return { frame: decodePcma, close() {} };
  if (name === 'PCMU') return { frame: decodePcmu, close() {} };
  const decoder = new OpusScript(16_000, 1, OpusScript.Application.AUDIO);
  return {
    frame(payload) {
      try {
        return samplesOf(decoder.decode(Buffer.from(payload)));
      } catch {
        return undefined; // not an Opus packet: heard as silence, which the tone share then shows
      }
    },
    close: () => decoder.delete(),
  };
}

function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

function samplesOf(bytes: Buffer): Int16Array {
  return Int16Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(index * 2));
}
