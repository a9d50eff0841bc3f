// SPDX-License-Identifier: Apache-2.0
// What the audio between the media pods and a destination is like.
import * as z from 'zod';
import { checked } from './schema.ts';

/** Codecs that a destination can be offered, as RTP names them (RFC 3551, RFC 7587) but for the capital. */
export const CODECS = ['Opus', 'PCMA', 'PCMU'] as const;

export const media = z
  .object({
    encryption: z
      .enum(['None', 'SDES'])
      .default('None')
      .meta({ description: 'None: RTP. SDES: SRTP, with the key in the session description.' }),
    codecs: checked(
      z.array(z.enum(CODECS)).min(1).max(CODECS.length),
      { description: 'Codecs that it is offered, the most wanted first.', 'x-kubernetes-list-type': 'atomic' },
      {
        holds: (codecs) => new Set(codecs).size === codecs.length,
        rule: 'self.all(a, self.exists_one(b, a == b))',
        message: 'each codec may stand there once',
      },
    ).default([...CODECS]),
    transcoding: z
      .enum(['Allowed', 'Never'])
      .default('Allowed')
      .meta({ description: 'Never: it is offered only what Meta offers too, so that audio passes as it is.' }),
  })
  .prefault({})
  .meta({ description: 'What its audio is like.' });
