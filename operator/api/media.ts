// SPDX-License-Identifier: Apache-2.0
// What the audio between the media pods and a destination is like.
import * as z from 'zod';
import { checked } from './schema.ts';

/** Codecs that a destination can be offered, as RTP names them (RFC 3551, RFC 7587) but for the capital. */
export const CODECS = ['Opus', 'PCMA', 'PCMU'] as const;

const encryption = z.enum(['None', 'SDES', 'DTLS']).meta({ description: 'None: RTP. SDES: SRTP, with the key in the session description. DTLS: SRTP, with ICE, as WebRTC has it.' });

const codecs = z.array(z.enum(CODECS)).min(1).max(CODECS.length);
const CODEC_ORDER = { description: 'Codecs that it is offered, the most wanted first.', 'x-kubernetes-list-type': 'atomic' };

const transcoding = z
  .enum(['Allowed', 'Never'])
  .meta({ description: 'Never: it is offered only what Meta offers too, so that audio passes as it is.' });

/** With everything that it can say. */
export const fullMedia = z.object({ encryption, codecs: codecs.meta(CODEC_ORDER), transcoding });

/** As far as a spec says it. */
export const media = z
  .object({
    encryption: encryption.optional(),
    codecs: checked(codecs, CODEC_ORDER, {
      holds: (list) => new Set(list).size === list.length,
      rule: 'self.all(a, self.exists_one(b, a == b))',
      message: 'each codec may stand there once',
    }).optional(),
    transcoding: transcoding.optional(),
  })
  .meta({ description: 'What its audio is like.' });
