// SPDX-License-Identifier: Apache-2.0
// What Meta reads from an offer of the business, SDES or DTLS, and its answer. Source: "SIP", sample of a business-initiated
// call: the payload types of the offer stay, Opus is taken where it is offered.
import type { CodecName } from './codecs.ts';
import {
  type AudioDescription, type Direction, type LocalMedia, metaNumbers, readDescription, type RemoteStream, valueOf,
  writeDescription,
} from './description.ts';
import {
  cryptoSuite, type KeyExchange, protocols, readCrypto, readDtls, type RemoteDtls, type Setup, usableKey,
} from './keying.ts';
import { SdpError } from './sdperror.ts';

interface OfferedStream extends RemoteStream {
  readonly mid: string;
  readonly bundled: boolean;
  readonly muxed: boolean;
  readonly transportCc: boolean;
}

/** What the answer needs of the offer's keying: the tag of the key taken up, or Meta's role. */
type OfferedKeying =
  | { readonly key: Buffer; readonly cryptoTag: string }
  | { readonly dtls: RemoteDtls; readonly setup: Setup };

export type Offer = OfferedStream & OfferedKeying;

/** What the number speaks. */
export interface NumberMedia {
  /** Besides Opus. */
  readonly additional: readonly CodecName[];
  readonly keyExchange: KeyExchange;
}

const names: Readonly<Record<string, CodecName | 'telephoneEvent'>> = {
  'opus/48000/2': 'opus', 'pcma/8000': 'PCMA', 'pcma/8000/1': 'PCMA', 'pcmu/8000': 'PCMU', 'pcmu/8000/1': 'PCMU',
  'telephone-event/8000': 'telephoneEvent',
};
const staticTypes: Readonly<Record<number, CodecName>> = { 0: 'PCMU', 8: 'PCMA' };

/** Reads an offer to a number. Throws SdpError. */
export function parseOffer(sdp: string, { additional, keyExchange }: NumberMedia): Offer {
  const description = readDescription(sdp);
  const keying = keyExchange === 'SDES' ? offeredKey(description) : offeredDtls(description);
  if (description.port === 0) throw new SdpError('the offer has no audio stream (port 0)');
  const { payloadTypes, media } = description;
  const numbers = numbersOf(description);
  const codec = (['opus', ...additional] as const).find((name) => numbers[name] !== undefined);
  if (codec === undefined) {
    const missing = ['opus/48000/2', ...additional].join(' nor ');
    throw new SdpError(`payload types ${payloadTypes.join(' ')} hold no ${missing}`);
  }
  const tracks = new Set(media.flatMap((line) => /^a=ssrc:(\d+)/.exec(line)?.[1] ?? []));
  if (tracks.size > 1) throw new SdpError(`one track is wanted, and there are ${tracks.size} a=ssrc`);
  const mid = valueOf(media, 'a=mid:');
  const { address, port, rtcpPort, muxed, direction } = description;
  return {
    address, port, rtcpPort, muxed, direction, payloadTypes,
    ...keying,
    codecs: [codec],
    telephoneEvent: numbers.telephoneEvent !== undefined,
    numbers: { ...metaNumbers, ...numbers },
    transportCc: media.includes(`a=rtcp-fb:${numbers.opus} transport-cc`),
    mid: mid ?? 'audio',
    bundled: mid !== undefined && new RegExp(String.raw`^a=group:BUNDLE .*\b${mid}\b`, 'm').test(sdp),
  };
}

function checkProtocol({ protocol }: AudioDescription, keyExchange: KeyExchange): void {
  const wanted = protocols[keyExchange];
  if (protocol === wanted) return;
  if (keyExchange === 'SDES' && protocol.startsWith('UDP/TLS/')) {
    throw new SdpError(`${protocol} is offered for a number whose key exchange is SDES`);
  }
  throw new SdpError(`${wanted} is wanted and ${protocol} offered`);
}

/** The first payload type of each kind that Meta speaks. */
function numbersOf({ payloadTypes, media }: AudioDescription): Partial<RemoteStream['numbers']> {
  const found: Partial<Record<CodecName | 'telephoneEvent', number>> = {};
  for (const type of payloadTypes) {
    const map = valueOf(media, `a=rtpmap:${type} `);
    const name = map === undefined ? staticTypes[type] : names[map.trim().toLowerCase()];
    if (name !== undefined) found[name] ??= type;
  }
  return found;
}

/** Of several suites the one that Meta speaks. */
function offeredKey(description: AudioDescription): OfferedKeying {
  checkProtocol(description, 'SDES');
  const cryptos = description.media.map(readCrypto).filter((crypto) => crypto !== undefined);
  const crypto = cryptos.find(({ suite }) => suite === cryptoSuite);
  if (crypto === undefined) throw new SdpError(`no a=crypto line offers ${cryptoSuite}`);
  if (crypto.rest.includes(':')) throw new SdpError('the a=crypto line asks for an MKI');
  return { key: usableKey(crypto), cryptoTag: crypto.tag };
}

/** Whatever the transport, a missing fingerprint is told first. Left the choice, Meta begins the handshake. */
function offeredDtls(description: AudioDescription): OfferedKeying {
  const { fingerprints, setup } = readDtls(description);
  checkProtocol(description, 'DTLS');
  return setup === 'active'
    ? { dtls: { fingerprints, client: 'business' }, setup: 'passive' }
    : { dtls: { fingerprints, client: 'meta' }, setup: 'active' };
}

const mirrored: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive',
};

export function buildAnswer(offer: Offer, local: LocalMedia): string {
  return writeDescription(local, { ...offer, direction: mirrored[offer.direction] });
}
