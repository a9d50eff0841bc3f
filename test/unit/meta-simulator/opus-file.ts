// SPDX-License-Identifier: Apache-2.0
// A small Ogg Opus file by RFC 3533 and RFC 7845: headers, and a last page that says how long it is.

const preSkip = 312;

export function opusFile(seconds: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead');
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48_000, 12);
  const end = BigInt(Math.round(seconds * 48_000) + preSkip);
  return Buffer.concat([page(0n, head), page(0n, Buffer.from('OpusTags')), page(end, Buffer.alloc(40, 1))]);
}

function page(granule: bigint, payload: Buffer): Buffer {
  const header = Buffer.alloc(28);
  header.write('OggS');
  header.writeBigInt64LE(granule, 6);
  header.writeUInt8(1, 26);
  header.writeUInt8(payload.length, 27);
  return Buffer.concat([header, payload]);
}
