// SPDX-License-Identifier: Apache-2.0
// What Meta reads from an SDES offer of the business, and its answer. Source: "SIP", sample of a business-initiated
// call: the payload types of the offer stay, Opus is taken where it is offered.
import type { CodecName } from './codecs.ts';
import {
  type AudioDescription, cryptoSuite, type Direction, type LocalMedia, metaNumbers, readCrypto, readDescription,
  type RemoteMedia, SdpError, usableKey, valueOf, writeDescription,
} from './description.ts';

export interface Offer extends RemoteMedia {
  readonly cryptoTag: string;
  readonly mid: string;
  readonly bundled: boolean;
  readonly muxed: boolean;
}

const names: Readonly<Record<string, CodecName | 'telephoneEvent'>> = {
  'opus/48000/2': 'opus', 'pcma/8000': 'PCMA', 'pcma/8000/1': 'PCMA', 'pcmu/8000': 'PCMU', 'pcmu/8000/1': 'PCMU',
  'telephone-event/8000': 'telephoneEvent',
};
const staticTypes: Readonly<Record<number, CodecName>> = { 0: 'PCMU', 8: 'PCMA' };

/** Reads an offer to a number that speaks Opus and `additional`. Throws SdpError. */
export function parseOffer(sdp: string, additional: readonly CodecName[]): Offer {
  const description = readDescription(sdp);
  checkTransport(description);
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
    ...chosenKey(media),
    codecs: [codec],
    telephoneEvent: numbers.telephoneEvent !== undefined,
    numbers: { ...metaNumbers, ...numbers },
    mid: mid ?? 'audio',
    bundled: mid !== undefined && new RegExp(String.raw`^a=group:BUNDLE .*\b${mid}\b`, 'm').test(sdp),
  };
}

function checkTransport({ port, protocol }: AudioDescription): void {
  if (protocol.startsWith('UDP/TLS/')) {
    throw new SdpError(`${protocol} is offered for a number whose key exchange is SDES`);
  }
  if (protocol !== 'RTP/SAVP') throw new SdpError(`RTP/SAVP is wanted and ${protocol} offered`);
  if (port === 0) throw new SdpError('the offer has no audio stream (port 0)');
}

/** The first payload type of each kind that Meta speaks. */
function numbersOf({ payloadTypes, media }: AudioDescription): Partial<RemoteMedia['numbers']> {
  const found: Partial<Record<CodecName | 'telephoneEvent', number>> = {};
  for (const type of payloadTypes) {
    const map = valueOf(media, `a=rtpmap:${type} `);
    const name = map === undefined ? staticTypes[type] : names[map.trim().toLowerCase()];
    if (name !== undefined) found[name] ??= type;
  }
  return found;
}

/** Of several suites the one that Meta speaks. */
function chosenKey(media: readonly string[]): { key: Buffer; cryptoTag: string } {
  const cryptos = media.map(readCrypto).filter((crypto) => crypto !== undefined);
  const crypto = cryptos.find(({ suite }) => suite === cryptoSuite);
  if (crypto === undefined) throw new SdpError(`no a=crypto line offers ${cryptoSuite}`);
  if (crypto.rest.includes(':')) throw new SdpError('the a=crypto line asks for an MKI');
  return { key: usableKey(crypto), cryptoTag: crypto.tag };
}

const mirrored: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive',
};

export function buildAnswer(offer: Offer, local: LocalMedia): string {
  return writeDescription(local, { ...offer, direction: mirrored[offer.direction] });
}
