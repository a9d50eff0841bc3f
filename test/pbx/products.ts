// SPDX-License-Identifier: Apache-2.0
// Destinations that behave as their makers' code and documents say: what they refuse, what they obey, and what they do within a
// call. Each is sketched from its own side; nothing here knows what our presets say.
import type { Preset } from '../../operator/api/siproute.ts';
import { header, type SipRequest } from '../meta/sip/message.ts';
import { parseUri, uriOf } from '../meta/sip/uri.ts';
import type { Desk, DeskOptions } from './desk.ts';

type Status = { code: number; reason: string };

export interface Product extends Pick<DeskOptions, 'codecs' | 'srtp' | 'transport'> {
  byTls?: true;
  /** What it answers a call that it does not take. */
  refuses: (invite: SipRequest) => Status | undefined;
  /** An entry of Record-Route as it passes it on, where that is not as it came. */
  passesOn?: (entry: string) => string;
  /** What it does while a call is up, besides talking. */
  acts: (desk: Desk) => Promise<number[]>;
}

const NOT_ACCEPTABLE: Status = { code: 488, reason: 'Not Acceptable Here' };
const offered = (invite: SipRequest): string => invite.body.toString();
const isPlain = (invite: SipRequest): boolean => / RTP\/AVP /.test(offered(invite));
const userOf = ({ uri }: SipRequest): string => parseUri(uri)?.user ?? '';
const TIMER = [{ name: 'Supported', value: 'timer' }, { name: 'Session-Expires', value: '1800;refresher=uac' }];

/** Answers of the other side to a refresh by re-INVITE, a hold and its end. */
async function refreshAndHold(desk: Desk): Promise<number[]> {
  const answers = [await desk.reinvite(TIMER)];
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    desk.media.direction = direction;
    answers.push(await desk.reinvite());
  }
  return answers.map(({ status }) => status);
}

/** Its media goes on elsewhere, as when another server of it takes the call over. */
async function move(desk: Desk): Promise<number[]> {
  await desk.media.move();
  return [(await desk.reinvite()).status];
}

/** By preset. A SIP proxy of one's own is not here: it is tried with a real one. */
export const PRODUCTS: Readonly<Record<Exclude<Preset, 'SIPProxy'>, Product>> = {
  Generic: { codecs: ['PCMA'], transport: 'UDP', refuses: () => undefined, acts: () => Promise.resolve([]) },

  // chan_pjsip: what belongs to lr in a URI is lost (pjsip's url->lr_param is a flag). Opus it only passes on: a call in it could not be joined to a telephone that speaks G.711.
  Asterisk: {
    codecs: ['PCMA', 'PCMU'],
    transport: 'TCP',
    refuses: (invite) => (/opus/i.test(offered(invite)) || !isPlain(invite) ? NOT_ACCEPTABLE : undefined),
    passesOn: (entry) => entry.replaceAll(/;lr=[^;>]*/g, ';lr'),
    acts: async (desk) => [...(await refreshAndHold(desk)), ...(await move(desk))],
  },

  // mod_sofia with mod_opus: takes the first codec that it is offered.
  FreeSWITCH: {
    codecs: ['opus', 'PCMA', 'PCMU'],
    transport: 'TCP',
    refuses: (invite) => (isPlain(invite) ? undefined : NOT_ACCEPTABLE),
    acts: refreshAndHold,
  },

  // sbc-inbound: whose call it is, it tells by its source, which a header may replace; the number must be known.
  Jambonz: {
    codecs: ['PCMU', 'PCMA'],
    transport: 'TCP',
    refuses: (invite) => {
      if (header(invite, 'X-Forwarded-For') !== '192.0.2.10') return { code: 404, reason: 'Not Found' };
      if (header(invite, 'X-Application-Sid') ?? header(invite, 'X-Account-Sid') ?? header(invite, 'X-Authenticated-User')) return { code: 403, reason: 'Forbidden' };
      return userOf(invite).startsWith('+') && isPlain(invite) ? undefined : { code: 404, reason: 'Not Found' };
    },
    acts: move,
  },

  // Up to 0.12 the host of From alone makes a call one of WhatsApp's own, which must come with ICE and DTLS. Obeys X-Webhook-URL.
  VoiceBlender: {
    codecs: ['opus', 'PCMU', 'PCMA'],
    transport: 'TCP',
    refuses: (invite) => {
      const { host = '' } = parseUri(uriOf(header(invite, 'From') ?? '')) ?? {};
      const isOwn = /(^|\.)meta\.vc$/.test(host);
      if (isOwn && !offered(invite).includes('a=fingerprint')) return { code: 400, reason: 'Bad SDP Offer' };
      if (header(invite, 'X-Webhook-URL') ?? header(invite, 'X-Webhook-Secret')) return { code: 500, reason: 'Events Go To A Stranger' };
      if (header(invite, 'X-App-ID') !== 'bank') return { code: 500, reason: 'No App' };
      return isPlain(invite) ? undefined : NOT_ACCEPTABLE;
    },
    acts: refreshAndHold,
  },

  // Without Opus on its SIP side; an agent reads headers as attributes.
  LiveKit: {
    codecs: ['PCMU', 'PCMA'],
    transport: 'TCP',
    refuses: (invite) => (header(invite, 'X-WA-From') && isPlain(invite) ? undefined : NOT_ACCEPTABLE),
    acts: async (desk) => [(await desk.reinvite(TIMER)).status],
  },

  // A trunk by TLS with transcoding off: its softphone speaks Opus, with keys in the session description. The pattern is the one
  // of its page on trunks.
  Siperb: {
    codecs: ['opus'],
    srtp: true,
    byTls: true,
    refuses: (invite) => {
      if (!/^\+?[1-9]\d{6,14}$/.test(userOf(invite))) return { code: 404, reason: 'Not Found' };
      const codecs = [...offered(invite).matchAll(/a=rtpmap:\d+ ([^/]+)/g)].map(([, name]) => name);
      return codecs.every((name) => name === 'opus' || name === 'telephone-event') ? undefined : NOT_ACCEPTABLE;
    },
    acts: refreshAndHold,
  },
};
