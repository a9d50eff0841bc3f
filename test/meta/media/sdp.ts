// SPDX-License-Identifier: Apache-2.0
// Meta's SDES offer (one audio line, Opus first) and what it reads from the business's answer.
import { type CodecName, codecs } from './codecs.ts';
import {
  cryptoSuite, type LocalMedia, metaNumbers, readCrypto, readDescription, type RemoteMedia, SdpError, telephoneEvent,
  usableKey, valueOf, writeDescription,
} from './description.ts';

export interface OfferInput extends LocalMedia {
  readonly codecs: readonly CodecName[];
}

export function buildOffer({ codecs: offered, ...local }: OfferInput): string {
  return writeDescription(local, {
    codecs: offered, numbers: metaNumbers, telephoneEvent: true, cryptoTag: '1', mid: 'audio', bundled: true,
    muxed: true, direction: 'sendrecv',
  });
}

/** Reads the answer to an offer of `offered`. Throws SdpError. */
export function parseAnswer(sdp: string, offered: readonly CodecName[]): RemoteMedia {
  const { port, protocol, payloadTypes, address, rtcpPort, direction, media } = readDescription(sdp);
  if (protocol !== 'RTP/SAVP') throw new SdpError(`RTP/SAVP was offered and ${protocol} answered`);
  if (port === 0) throw new SdpError('the answer refuses the audio stream (port 0)');
  const voice = payloadTypes.map((type) => codecOf(type, media)).filter((name) => name !== undefined);
  const answered = voice.filter((name) => offered.includes(name));
  if (answered.length === 0) throw new SdpError(`payload types ${payloadTypes.join(' ')} hold no codec of the offer`);
  checkOffered(payloadTypes, offered);
  return {
    address,
    port,
    rtcpPort,
    codecs: answered,
    payloadTypes,
    telephoneEvent: payloadTypes.includes(telephoneEvent),
    numbers: metaNumbers,
    key: answeredKey(media),
    direction,
  };
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

function answeredKey(media: readonly string[]): Buffer {
  const lines = media.filter((line) => line.startsWith('a=crypto:'));
  const crypto = readCrypto(lines[0] ?? '');
  if (!crypto || lines.length !== 1) throw new SdpError(`one a=crypto line must be answered, got ${lines.length}`);
  const { tag, suite } = crypto;
  if (tag !== '1' || suite !== cryptoSuite) {
    throw new SdpError(`a=crypto answers tag ${tag} ${suite}; offered was tag 1 ${cryptoSuite}`);
  }
  return usableKey(crypto);
}
