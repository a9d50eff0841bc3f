// SPDX-License-Identifier: Apache-2.0
// How long an Ogg Opus file is. Sources: RFC 3533 (pages), RFC 7845 (Opus in Ogg).

const opusRate = 48_000;

/** Seconds of sound; undefined when it is not Opus in Ogg. */
export function opusSeconds(file: Uint8Array): number | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const head = 27 + (bytes[26] ?? 0);
  const isOpus = bytes.subarray(0, 4).equals(Buffer.from('OggS'))
    && bytes.subarray(head, head + 8).equals(Buffer.from('OpusHead')) && bytes.length >= head + 12;
  const last = bytes.lastIndexOf('OggS');
  if (!isOpus || last <= 0 || bytes.length < last + 14) return undefined;
  const samples = Number(bytes.readBigInt64LE(last + 6)) - bytes.readUInt16LE(head + 10);
  return Math.max(0, samples) / opusRate;
}
