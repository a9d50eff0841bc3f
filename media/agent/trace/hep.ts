// SPDX-License-Identifier: Apache-2.0
// HEP3, by which Kamailio's siptrace mirrors what it receives and sends. Source: the HEP/EEP specification, revision 12.

/** One SIP message as it was on the wire. */
export interface Packet {
  /** Milliseconds of the epoch. */
  at: number;
  /** ADDRESS:PORT. */
  from: string;
  to: string;
  text: string;
}

const CHUNK = { sourceIp: 3, targetIp: 4, sourcePort: 7, targetPort: 8, seconds: 9, microseconds: 10, payload: 15 } as const;
const HEAD = 6;

/** Reads a packet about an exchange over IPv4; undefined where it is none, or is broken. */
export function readHep(bytes: Buffer): Packet | undefined {
  if (bytes.length < HEAD || bytes.toString('latin1', 0, 4) !== 'HEP3' || bytes.readUInt16BE(4) !== bytes.length) return undefined;
  const chunks = chunksOf(bytes);
  const number = (type: number): number => chunks?.get(type)?.readUIntBE(0, chunks.get(type)?.length ?? 0) ?? 0;
  const address = (type: number): string => [...(chunks?.get(type) ?? [])].join('.');
  const payload = chunks?.get(CHUNK.payload);
  if (!payload || !chunks?.has(CHUNK.sourceIp) || !chunks.has(CHUNK.targetIp)) return undefined;
  return {
    at: number(CHUNK.seconds) * 1000 + number(CHUNK.microseconds) / 1000,
    from: `${address(CHUNK.sourceIp)}:${number(CHUNK.sourcePort)}`,
    to: `${address(CHUNK.targetIp)}:${number(CHUNK.targetPort)}`,
    text: payload.toString('utf8'),
  };
}

/** Chunks by their type: vendor, type and length of two bytes each, then the value. Undefined where they do not fit. */
function chunksOf(bytes: Buffer): Map<number, Buffer> | undefined {
  const chunks = new Map<number, Buffer>();
  let place = HEAD;
  while (place < bytes.length) {
    if (place + HEAD > bytes.length) return undefined;
    const length = bytes.readUInt16BE(place + 4);
    if (length < HEAD || place + length > bytes.length) return undefined;
    // Of no vendor: those of the specification itself.
    if (bytes.readUInt16BE(place) === 0 && isSane(bytes.readUInt16BE(place + 2), length - HEAD)) chunks.set(bytes.readUInt16BE(place + 2), bytes.subarray(place + HEAD, place + length));
    place += length;
  }
  return chunks;
}

/** Whether a value is as long as its type has it. */
function isSane(type: number, length: number): boolean {
  if (type === CHUNK.payload) return true;
  return length === (type === CHUNK.sourcePort || type === CHUNK.targetPort ? 2 : 4);
}
