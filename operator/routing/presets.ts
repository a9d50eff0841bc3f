// SPDX-License-Identifier: Apache-2.0
// What a product wants of the calls that it gets. Each value is where a destination's spec does not say otherwise.
import type { Preset, RouteDestination } from '../api/siproute.ts';
import { ANNOUNCEMENT, type Destination } from './snapshot.ts';
import { toAddress } from './uri.ts';

export interface PresetValues extends Pick<Destination, 'fromHost' | 'media'> {
  /** Where the URI names none; undefined leaves it to SIP's own rules. */
  transport?: 'tcp' | 'tls';
  probe: 'None' | 'Options';
}

const ANY: Destination['media'] = { encryption: 'None', codecs: ['Opus', 'PCMA', 'PCMU'], transcoding: 'Allowed' };

/** By TCP, since Meta's headers and a session description come to more than a datagram should carry (RFC 3261 §18.1.1). */
export const PRESETS: Readonly<Record<Preset, PresetValues>> = {
  Generic: { fromHost: 'Meta', probe: 'None', media: ANY },
  // Passes Opus on, but without a module of its own cannot turn it into what telephones speak.
  Asterisk: { transport: 'tcp', fromHost: 'Meta', probe: 'Options', media: { ...ANY, codecs: ['PCMA', 'PCMU'] } },
  FreeSWITCH: { transport: 'tcp', fromHost: 'Meta', probe: 'Options', media: ANY },
  // What stands behind it decides.
  SIPProxy: { transport: 'tcp', fromHost: 'Meta', probe: 'Options', media: ANY },
  // Takes PCMU, PCMA and key presses where nobody has set it up for more.
  Jambonz: { transport: 'tcp', fromHost: 'Meta', probe: 'Options', media: { ...ANY, codecs: ['PCMU', 'PCMA'] } },
  // Up to 0.12 it takes every call from meta.vc for one of Meta's own, with ICE and DTLS, and refuses it. Speaks no SRTP.
  VoiceBlender: { transport: 'tcp', fromHost: 'Gateway', probe: 'Options', media: { ...ANY, codecs: ['Opus', 'PCMU', 'PCMA'] } },
  // Has no Opus on its SIP side.
  LiveKit: { transport: 'tcp', fromHost: 'Meta', probe: 'Options', media: { ...ANY, codecs: ['PCMU', 'PCMA'] } },
  // Its softphones speak Opus with SRTP: by TLS, and with its own transcoding off, audio passes end to end.
  Siperb: { transport: 'tls', fromHost: 'Meta', probe: 'None', media: { encryption: 'SDES', codecs: ['Opus'], transcoding: 'Never' } },
};

/** A destination with all that its spec leaves to its preset, but without credentials: their password is not in the spec. */
export function toDestination({ uri, announcement, preset, priority, weight, maxCalls, probe, fromHost, headers, media }: RouteDestination): Destination {
  const values = PRESETS[preset];
  const { target, user } = announcement ? { target: nameOf(announcement), user: null } : toAddress(uri ?? '');
  const transport = values.transport && !target.includes(';transport=') ? `;transport=${values.transport}` : '';
  return {
    priority,
    weight,
    probe: (probe ?? values.probe) === 'Options',
    target: `${target}${transport}`,
    user,
    maxCalls: maxCalls ?? null,
    fromHost: fromHost ?? values.fromHost,
    credentials: null,
    headers: headers ?? null,
    plays: announcement?.plays ?? null,
    media: toAudio(media ?? {}, values.media),
  };
}

/** How an announcement is named where others are named by their URI. */
export const nameOf = ({ audioRef: { name, key } }: NonNullable<RouteDestination['announcement']>): string => `${ANNOUNCEMENT}${name}/${key}`;

/** How a destination is named to people. */
export const shownAs = ({ uri, announcement }: RouteDestination): string => (announcement ? nameOf(announcement) : (uri ?? ''));

const toAudio = ({ encryption, codecs, transcoding }: NonNullable<RouteDestination['media']>, values: Destination['media']): Destination['media'] => ({
  encryption: encryption ?? values.encryption,
  codecs: codecs ?? values.codecs,
  transcoding: transcoding ?? values.transcoding,
});
