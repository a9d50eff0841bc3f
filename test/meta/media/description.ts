// SPDX-License-Identifier: Apache-2.0
// The SDP of one audio stream, whichever side wrote it: read line by line, and written as Meta writes it.
import { randomInt, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { type CodecName, codecs } from './codecs.ts';
import { cryptoSuite, type LocalDtls, type LocalKeying, protocols, type RemoteKeying, type Setup } from './keying.ts';
import { SdpError } from './sdperror.ts';

/** Meta's payload type for key presses. */
export const telephoneEvent = 126;

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
export type Direction = (typeof directions)[number];

/** What the other side's SDP makes of the stream, but for its keys. */
export interface RemoteStream {
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
  /** As the other side sees it. */
  readonly direction: Direction;
}

export type RemoteMedia = RemoteStream & RemoteKeying;

/** The payload types of Meta's offers. */
export const metaNumbers: RemoteStream['numbers'] = {
  opus: codecs.opus.payloadType, PCMA: codecs.PCMA.payloadType, PCMU: codecs.PCMU.payloadType, telephoneEvent,
};

/** SDP with one audio stream, read as far as it needs no offer beside it. */
export interface AudioDescription {
  readonly port: number;
  readonly protocol: string;
  readonly payloadTypes: readonly number[];
  readonly address: string;
  readonly rtcpPort: number;
  readonly muxed: boolean;
  readonly direction: Direction;
  /** The lines before m=, and from there on. */
  readonly session: readonly string[];
  readonly media: readonly string[];
}

/** Throws SdpError. */
export function readDescription(sdp: string): AudioDescription {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0') throw new SdpError('SDP does not start with v=0');
  const mediaStart = lines.findIndex((line) => line.startsWith('m='));
  const session = lines.slice(0, Math.max(mediaStart, 0));
  const media = mediaStart < 0 ? [] : lines.slice(mediaStart);
  const streams = media.filter((line) => line.startsWith('m=')).length;
  if (streams !== 1) throw new SdpError(`one m= line is wanted, and there are ${streams}`);
  const { port, protocol, payloadTypes } = parseMediaLine(media[0] ?? '');
  const either = (prefix: string) => valueOf(media, prefix) ?? valueOf(session, prefix);
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
    session,
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

/** Our end of the stream. */
export type LocalMedia = LocalKeying & {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  /** Seconds, for the session id of o=. */
  readonly sessionId: number;
};

/** What is offered, or answered. */
export interface Written {
  readonly codecs: readonly CodecName[];
  readonly numbers: RemoteStream['numbers'];
  readonly telephoneEvent: boolean;
  /** Of an SDES answer; an offer has 1. */
  readonly cryptoTag?: string;
  /** Of a DTLS answer; an offer has actpass. */
  readonly setup?: Setup;
  /** Whether packets are reported on one by one. */
  readonly transportCc: boolean;
  readonly mid: string;
  readonly bundled: boolean;
  readonly muxed: boolean;
  readonly direction: Direction;
}

const rtpmaps: Readonly<Record<CodecName, (type: number, transportCc: boolean) => readonly string[]>> = {
  opus: (type, transportCc) => [
    `a=rtpmap:${type} opus/48000/2`,
    ...(transportCc ? [`a=rtcp-fb:${type} transport-cc`] : []),
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
  const protocol = protocols['dtls' in local ? 'DTLS' : 'SDES'];
  return [
    'v=0',
    `o=- ${local.sessionId}000 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(written.bundled ? [`a=group:BUNDLE ${written.mid}`] : []),
    `a=msid-semantic: WMS ${stream}`,
    ...('dtls' in local ? ['a=ice-lite'] : []),
    `m=audio ${local.port} ${protocol} ${payloadTypes.join(' ')}`,
    `c=IN IP4 ${local.address}`,
    ...(written.muxed ? ['a=rtcp:9 IN IP4 0.0.0.0'] : [`a=rtcp:${local.port + 1}`]),
    ...('dtls' in local ? dtlsLines(local, local.dtls, written.setup) : []),
    `a=mid:${written.mid}`,
    `a=${written.direction}`,
    `a=msid:${stream} WhatsAppTrack1`,
    ...(written.muxed ? ['a=rtcp-mux'] : []),
    ...('key' in local ? [cryptoLine(local.key, written.cryptoTag)] : []),
    ...written.codecs.flatMap((name) => rtpmaps[name](numbers[name], written.transportCc)),
    ...event.map((type) => `a=rtpmap:${type} telephone-event/8000`),
    'a=maxptime:20',
    'a=ptime:20',
    `a=ssrc:${local.ssrc} cname:WhatsAppAudioStream1`,
    '',
  ].join('\r\n');
}

function cryptoLine(key: Buffer, tag = '1'): string {
  return `a=crypto:${tag} ${cryptoSuite} inline:${key.toString('base64')}`;
}

function dtlsLines(place: { address: string; port: number }, dtls: LocalDtls, setup: Setup = 'actpass'): string[] {
  const { address, port } = place;
  return [
    `a=candidate:${randomInt(1, 0x7fff_ffff)} 1 udp 2113937151 ${address} ${port} typ host generation 0 network-cost 50`,
    `a=ice-ufrag:${dtls.ufrag}`,
    `a=ice-pwd:${dtls.password}`,
    `a=fingerprint:sha-256 ${dtls.fingerprint}`,
    `a=setup:${setup}`,
  ];
}
