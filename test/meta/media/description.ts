// SPDX-License-Identifier: Apache-2.0
// The SDP of one audio stream, whichever side wrote it: read line by line, and written as Meta writes it.
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { type CodecName, codecs } from './codecs.ts';

export const cryptoSuite = 'AES_CM_128_HMAC_SHA1_80';
/** Meta's payload type for key presses. */
export const telephoneEvent = 126;

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
export type Direction = (typeof directions)[number];

/** What the other side's SDP makes of the stream. */
export interface RemoteMedia {
  readonly address: string;
  readonly port: number;
  /** Where RTCP goes: the RTP port when muxed. */
  readonly rtcpPort: number;
  /** Voice codecs both sides have, the first of which Meta sends. */
  readonly codecs: readonly CodecName[];
  readonly payloadTypes: readonly number[];
  readonly telephoneEvent: boolean;
  /** Payload types by what they mean. */
  readonly numbers: Readonly<Record<CodecName | 'telephoneEvent', number>>;
  readonly key: Buffer;
  /** As the other side sees it. */
  readonly direction: Direction;
}

/** The payload types of Meta's offers. */
export const metaNumbers: RemoteMedia['numbers'] = {
  opus: codecs.opus.payloadType, PCMA: codecs.PCMA.payloadType, PCMU: codecs.PCMU.payloadType, telephoneEvent,
};

/** SDP breaks the rules of offer and answer (RFC 3264, RFC 4568) or Meta's; the message says which. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
}

/** SDP with one audio stream, read as far as it needs no offer beside it. */
export interface AudioDescription {
  readonly port: number;
  readonly protocol: string;
  readonly payloadTypes: readonly number[];
  readonly address: string;
  readonly rtcpPort: number;
  readonly muxed: boolean;
  readonly direction: Direction;
  /** The lines from m= on. */
  readonly media: readonly string[];
}

/** Throws SdpError. */
export function readDescription(sdp: string): AudioDescription {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0') throw new SdpError('SDP does not start with v=0');
  const mediaStart = lines.findIndex((line) => line.startsWith('m='));
  const media = mediaStart < 0 ? [] : lines.slice(mediaStart);
  const streams = media.filter((line) => line.startsWith('m=')).length;
  if (streams !== 1) throw new SdpError(`one m= line is wanted, and there are ${streams}`);
  const { port, protocol, payloadTypes } = parseMediaLine(media[0] ?? '');
  const either = (prefix: string) => valueOf(media, prefix) ?? valueOf(lines.slice(0, mediaStart), prefix);
  const muxed = either('a=rtcp-mux') !== undefined;
  const rtcp = /^\d+/.exec(either('a=rtcp:') ?? '')?.[0];
  return {
    port,
    protocol,
    payloadTypes,
    address: connectionAddress(either('c=')),
    rtcpPort: muxed ? port : Number(rtcp ?? port + 1),
    muxed,
    direction: directions.find((direction) => either(`a=${direction}`) !== undefined) ?? 'sendrecv',
    media,
  };
}

/** What follows `prefix` in the first line that begins with it. */
export function valueOf(lines: readonly string[], prefix: string): string | undefined {
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);
}

function parseMediaLine(line: string): { port: number; protocol: string; payloadTypes: number[] } {
  const match = /^m=audio (\d{1,5}) (\S+) (\d{1,3}(?: \d{1,3})*) *$/.exec(line);
  if (!match) throw new SdpError(`"${line}" is not an audio line with payload types`);
  const [, port = '', protocol = '', types = ''] = match;
  return { port: Number(port), protocol, payloadTypes: types.split(' ').map(Number) };
}

function connectionAddress(value: string | undefined): string {
  const address = /^IN IP[46] ([^\s/]+)/.exec(value ?? '')?.[1] ?? '';
  if (isIP(address) === 0) throw new SdpError(`c= holds "${value ?? ''}" and no address`);
  return address;
}

/** One a=crypto line. */
export interface CryptoLine {
  readonly tag: string;
  readonly suite: string;
  readonly key: Buffer;
  /** What follows the key: lifetime, MKI. */
  readonly rest: string;
}

/** Undefined for a line that is none. */
export function readCrypto(line: string): CryptoLine | undefined {
  const match = /^a=crypto:(\d+) (\S+) inline:([A-Za-z0-9+/=]+)(\|\S*)?/.exec(line);
  if (!match) return undefined;
  const [, tag = '', suite = '', key = '', rest = ''] = match;
  return { tag, suite, key: Buffer.from(key, 'base64'), rest };
}

/** A key of 30 bytes. Throws SdpError. */
export function usableKey({ key }: CryptoLine): Buffer {
  if (key.length !== 30) throw new SdpError(`the a=crypto key has ${key.length} bytes instead of 30`);
  return key;
}

/** Our end of the stream. */
export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  /** Master key and salt, 30 bytes. */
  readonly key: Buffer;
  readonly ssrc: number;
  /** Seconds, for the session id of o=. */
  readonly sessionId: number;
}

/** What is offered, or answered. */
export interface Written {
  readonly codecs: readonly CodecName[];
  readonly numbers: RemoteMedia['numbers'];
  readonly telephoneEvent: boolean;
  readonly cryptoTag: string;
  readonly mid: string;
  readonly bundled: boolean;
  readonly muxed: boolean;
  readonly direction: Direction;
}

const rtpmaps: Readonly<Record<CodecName, (type: number) => readonly string[]>> = {
  opus: (type) => [
    `a=rtpmap:${type} opus/48000/2`,
    `a=fmtp:${type} maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1`,
  ],
  PCMA: (type) => [`a=rtpmap:${type} PCMA/8000`],
  PCMU: (type) => [`a=rtpmap:${type} PCMU/8000`],
};

export function writeDescription(local: LocalMedia, written: Written): string {
  const { numbers } = written;
  const event = written.telephoneEvent ? [numbers.telephoneEvent] : [];
  const payloadTypes = [...written.codecs.map((name) => numbers[name]), ...event];
  const stream = randomUUID();
  return [
    'v=0',
    `o=- ${local.sessionId}000 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(written.bundled ? [`a=group:BUNDLE ${written.mid}`] : []),
    `a=msid-semantic: WMS ${stream}`,
    `m=audio ${local.port} RTP/SAVP ${payloadTypes.join(' ')}`,
    `c=IN IP4 ${local.address}`,
    ...(written.muxed ? ['a=rtcp:9 IN IP4 0.0.0.0'] : [`a=rtcp:${local.port + 1}`]),
    `a=mid:${written.mid}`,
    `a=${written.direction}`,
    `a=msid:${stream} WhatsAppTrack1`,
    ...(written.muxed ? ['a=rtcp-mux'] : []),
    `a=crypto:${written.cryptoTag} ${cryptoSuite} inline:${local.key.toString('base64')}`,
    ...written.codecs.flatMap((name) => rtpmaps[name](numbers[name])),
    ...event.map((type) => `a=rtpmap:${type} telephone-event/8000`),
    'a=maxptime:20',
    'a=ptime:20',
    `a=ssrc:${local.ssrc} cname:WhatsAppAudioStream1`,
    '',
  ].join('\r\n');
}
