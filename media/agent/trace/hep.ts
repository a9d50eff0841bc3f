// SPDX-License-Identifier: Apache-2.0
// HEP3, by which Kamailio's siptrace mirrors what it receives and sends. Source: the HEP/EEP specification, revision 12.

/** What an engine says of a call by itself. */
export interface Note {
  /** Milliseconds of the epoch. */
  at: number;
  callId: string;
  note: string;
}

/** One SIP message as it was on the wire. */
export interface Packet {
  /** Milliseconds of the epoch. */
  at: number;
  /** ADDRESS:PORT. */
  from: string;
  to: string;
  text: string;
}

const CHUNK = { family: 1, protocol: 2, sourceIp: 3, targetIp: 4, sourcePort: 7, targetPort: 8, seconds: 9, microseconds: 10, kind: 11, sender: 12, payload: 15, correlation: 17 } as const;
const [IPV4, UDP] = [2, 17];
/** Kinds of packets: a SIP message, and a line of a log. */
const [SIP, LOG] = [1, 100];
/** Values of one byte, of two, and of any length; all others that are read have four. */
const LENGTHS: Readonly<Record<number, number | 'any'>> = { [CHUNK.sourcePort]: 2, [CHUNK.targetPort]: 2, [CHUNK.kind]: 1, [CHUNK.family]: 1, [CHUNK.protocol]: 1, [CHUNK.payload]: 'any', [CHUNK.correlation]: 'any' };
const HEAD = 6;

/** Reads a packet about an exchange over IPv4; undefined where it is none, or is broken. */
export function readHep(bytes: Buffer): Packet | Note | undefined {
  if (bytes.length < HEAD || bytes.toString('latin1', 0, 4) !== 'HEP3' || bytes.readUInt16BE(4) !== bytes.length) return undefined;
  const chunks = chunksOf(bytes);
  const number = (type: number): number => chunks?.get(type)?.readUIntBE(0, chunks.get(type)?.length ?? 0) ?? 0;
  const address = (type: number): string => [...(chunks?.get(type) ?? [])].join('.');
  const payload = chunks?.get(CHUNK.payload);
  if (!payload || !chunks?.has(CHUNK.sourceIp) || !chunks.has(CHUNK.targetIp)) return undefined;
  const at = number(CHUNK.seconds) * 1000 + number(CHUNK.microseconds) / 1000;
  if (number(CHUNK.kind) === LOG) return { at, callId: chunks.get(CHUNK.correlation)?.toString('utf8') ?? '', note: payload.toString('utf8') };
  return {
    at,
    from: `${address(CHUNK.sourceIp)}:${number(CHUNK.sourcePort)}`,
    to: `${address(CHUNK.targetIp)}:${number(CHUNK.targetPort)}`,
    text: payload.toString('utf8'),
  };
}

/** A SIP message of a call as a packet of our own, for whoever collects them. `id` tells one who sends them from another. */
export function writeHep({ at, from, to, text }: Packet, callId: string, id: number): Buffer {
  const seconds = Math.floor(at / 1000);
  const number = (type: number, value: number, length: 1 | 2 | 4): Buffer => {
    const bytes = Buffer.alloc(length);
    bytes.writeUIntBE(value, 0, length);
    return chunk(type, bytes);
  };
  const chunks = [
    number(CHUNK.family, IPV4, 1),
    number(CHUNK.protocol, UDP, 1),
    chunk(CHUNK.sourceIp, addressOf(from)),
    chunk(CHUNK.targetIp, addressOf(to)),
    number(CHUNK.sourcePort, portOf(from), 2),
    number(CHUNK.targetPort, portOf(to), 2),
    number(CHUNK.seconds, seconds, 4),
    number(CHUNK.microseconds, Math.round((at - seconds * 1000) * 1000), 4),
    number(CHUNK.kind, SIP, 1),
    number(CHUNK.sender, id, 4),
    chunk(CHUNK.correlation, Buffer.from(callId)),
    chunk(CHUNK.payload, Buffer.from(text)),
  ];
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(HEAD);
  head.write('HEP3', 'latin1');
  head.writeUInt16BE(HEAD + body.length, 4);
  return Buffer.concat([head, body]);
}

function chunk(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(HEAD + value.length, 4);
  return Buffer.concat([head, value]);
}

/** The four bytes of the address of an ADDRESS:PORT. */
export const addressOf = (end: string): Buffer => Buffer.from(end.slice(0, end.lastIndexOf(':')).split('.').map(Number));
export const portOf = (end: string): number => Number(end.slice(end.lastIndexOf(':') + 1));

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
  const expected = LENGTHS[type] ?? 4;
  return expected === 'any' || length === expected;
}
