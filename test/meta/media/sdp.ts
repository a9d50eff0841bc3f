// SPDX-License-Identifier: Apache-2.0
// Meta's SDES offer (one audio line, Opus first) and what it reads from the business's answer.
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { type CodecName, codecs } from './codecs.ts';

export const cryptoSuite = 'AES_CM_128_HMAC_SHA1_80';
export const telephoneEvent = 126;

export interface OfferInput {
  readonly address: string;
  readonly port: number;
  readonly codecs: readonly CodecName[];
  /** Master key and salt, 30 bytes. */
  readonly key: Buffer;
  readonly ssrc: number;
  /** Seconds, for the session id of o=. */
  readonly sessionId: number;
}

const rtpmaps: Readonly<Record<CodecName, readonly string[]>> = {
  opus: [
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
  ],
  PCMA: ['a=rtpmap:8 PCMA/8000'],
  PCMU: ['a=rtpmap:0 PCMU/8000'],
};

export function buildOffer(input: OfferInput): string {
  const payloadTypes = [...input.codecs.map((name) => codecs[name].payloadType), telephoneEvent];
  const stream = randomUUID();
  return [
    'v=0',
    `o=- ${input.sessionId}000 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE audio',
    `a=msid-semantic: WMS ${stream}`,
    `m=audio ${input.port} RTP/SAVP ${payloadTypes.join(' ')}`,
    `c=IN IP4 ${input.address}`,
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=mid:audio',
    'a=sendrecv',
    `a=msid:${stream} WhatsAppTrack1`,
    'a=rtcp-mux',
    `a=crypto:1 ${cryptoSuite} inline:${input.key.toString('base64')}`,
    ...input.codecs.flatMap((name) => rtpmaps[name]),
    `a=rtpmap:${telephoneEvent} telephone-event/8000`,
    'a=maxptime:20',
    'a=ptime:20',
    `a=ssrc:${input.ssrc} cname:WhatsAppAudioStream1`,
    '',
  ].join('\r\n');
}

export interface Answer {
  readonly address: string;
  readonly port: number;
  /** Where RTCP goes: the RTP port when muxed. */
  readonly rtcpPort: number;
  /** Voice codecs of the answer, in its order, as far as they were offered. */
  readonly codecs: readonly CodecName[];
  readonly payloadTypes: readonly number[];
  readonly telephoneEvent: boolean;
  readonly key: Buffer;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
}

/** The answer breaks the rules of offer and answer (RFC 3264, RFC 4568); the message says which. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
}

/** Reads the answer to an offer of `offered`. Throws SdpError. */
export function parseAnswer(sdp: string, offered: readonly CodecName[]): Answer {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0') throw new SdpError('SDP does not start with v=0');
  const mediaStart = lines.findIndex((line) => line.startsWith('m='));
  const media = lines.slice(mediaStart);
  if (mediaStart < 0 || media.filter((line) => line.startsWith('m=')).length !== 1) {
    throw new SdpError('one m= line was offered, so one must be answered');
  }
  const { port, payloadTypes } = parseMediaLine(media[0] ?? '');
  const voice = payloadTypes.map((type) => codecOf(type, media)).filter((name) => name !== undefined);
  const answered = voice.filter((name) => offered.includes(name));
  if (answered.length === 0) throw new SdpError(`payload types ${payloadTypes.join(' ')} hold no codec of the offer`);
  checkOffered(payloadTypes, offered);
  const attribute = (name: string) => valueOf(media, `a=${name}`) ?? valueOf(lines.slice(0, mediaStart), `a=${name}`);
  const muxed = attribute('rtcp-mux') !== undefined;
  const rtcp = /^\d+/.exec(attribute('rtcp:') ?? '')?.[0];
  return {
    address: connectionAddress(valueOf(media, 'c=') ?? valueOf(lines.slice(0, mediaStart), 'c=')),
    port,
    rtcpPort: muxed ? port : Number(rtcp ?? port + 1),
    codecs: answered,
    payloadTypes,
    telephoneEvent: payloadTypes.includes(telephoneEvent),
    key: answeredKey(media),
    direction: directions.find((direction) => attribute(direction) !== undefined) ?? 'sendrecv',
  };
}

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;

function valueOf(lines: readonly string[], prefix: string): string | undefined {
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);
}

function parseMediaLine(line: string): { port: number; payloadTypes: number[] } {
  const match = /^m=audio (\d{1,5}) (\S+) (\d{1,3}(?: \d{1,3})*) *$/.exec(line);
  if (!match) throw new SdpError(`"${line}" is not an audio line with payload types`);
  const [, port = '', protocol = '', types = ''] = match;
  if (protocol !== 'RTP/SAVP') throw new SdpError(`RTP/SAVP was offered and ${protocol} answered`);
  if (Number(port) === 0) throw new SdpError('the answer refuses the audio stream (port 0)');
  return { port: Number(port), payloadTypes: types.split(' ').map(Number) };
}

// Meta keeps the payload numbers of the offer (RFC 3264 §6.1: the answerer should, and Meta's own answers do).
function codecOf(payloadType: number, media: readonly string[]): CodecName | undefined {
  const map = valueOf(media, `a=rtpmap:${payloadType} `);
  const byNumber = Object.values(codecs).find((codec) => codec.payloadType === payloadType);
  if (map === undefined) return payloadType < 96 ? byNumber?.name : undefined;
  const name = map.split('/')[0]?.toLowerCase();
  return name === byNumber?.name.toLowerCase() ? byNumber?.name : undefined;
}

function checkOffered(payloadTypes: readonly number[], offered: readonly CodecName[]): void {
  const allowed = new Set([...offered.map((name) => codecs[name].payloadType), telephoneEvent]);
  const foreign = payloadTypes.filter((type) => !allowed.has(type));
  if (foreign.length > 0) throw new SdpError(`payload type ${foreign.join(', ')} was not offered`);
}

function connectionAddress(value: string | undefined): string {
  const address = /^IN IP[46] ([^\s/]+)/.exec(value ?? '')?.[1] ?? '';
  if (isIP(address) === 0) throw new SdpError(`c= holds "${value ?? ''}" and no address`);
  return address;
}

function answeredKey(media: readonly string[]): Buffer {
  const cryptos = media.filter((line) => line.startsWith('a=crypto:'));
  const match = /^a=crypto:(\d+) (\S+) inline:([A-Za-z0-9+/=]+)(\|\S*)?/.exec(cryptos[0] ?? '');
  if (!match || cryptos.length !== 1) throw new SdpError(`one a=crypto line must be answered, got ${cryptos.length}`);
  const [, tag, suite, key = ''] = match;
  if (tag !== '1' || suite !== cryptoSuite) {
    throw new SdpError(`a=crypto answers tag ${tag} ${suite}; offered was tag 1 ${cryptoSuite}`);
  }
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== 30) throw new SdpError(`the a=crypto key has ${bytes.length} bytes instead of 30`);
  return bytes;
}
