// SPDX-License-Identifier: Apache-2.0
// Meta's offer (one audio line, Opus first; SDES or DTLS) and what it reads from the business's answer.
import { type CodecName, codecs } from './codecs.ts';
import {
  type AudioDescription, type LocalMedia, metaNumbers, readDescription, type RemoteMedia, telephoneEvent, valueOf,
  writeDescription,
} from './description.ts';
import {
  cryptoSuite, type KeyExchange, protocols, readCrypto, readDtls, type RemoteDtls, usableKey,
} from './keying.ts';
import { SdpError } from './sdperror.ts';

export type OfferInput = LocalMedia & { readonly codecs: readonly CodecName[] };

export function buildOffer({ codecs: offered, ...local }: OfferInput): string {
  return writeDescription(local, {
    codecs: offered, numbers: metaNumbers, telephoneEvent: true, transportCc: 'dtls' in local, mid: 'audio',
    bundled: true, muxed: true, direction: 'sendrecv',
  });
}

/** What was offered. */
export interface Offered {
  readonly codecs: readonly CodecName[];
  readonly keyExchange: KeyExchange;
}

/** Reads the answer to an offer. Throws SdpError. */
export function parseAnswer(sdp: string, { codecs: offered, keyExchange }: Offered): RemoteMedia {
  const description = readDescription(sdp);
  const { port, protocol, payloadTypes, address, rtcpPort, direction, media } = description;
  if (protocol !== protocols[keyExchange]) {
    throw new SdpError(`${protocols[keyExchange]} was offered and ${protocol} answered`);
  }
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
    direction,
    ...(keyExchange === 'SDES' ? { key: answeredKey(media) } : { dtls: answeredDtls(description) }),
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

// Meta does not begin the handshake of a user's call, whatever the answer says: passive leaves nobody to do it.
function answeredDtls(description: AudioDescription): RemoteDtls {
  const { fingerprints, setup } = readDtls(description);
  if (setup === 'actpass') throw new SdpError('a=setup:actpass is for offers, and it was answered');
  return { fingerprints, client: setup === 'active' ? 'business' : 'nobody' };
}
