// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { AGE_COLUMN, READY_COLUMN, STATE_COLUMN, type KindDefinition } from './group.ts';
import { conditions, objectName, objectSchema, observedGeneration, patternString, secretKeyRef } from './schema.ts';

const phoneNumber = patternString({
  description: 'The business number in E.164, with its plus sign and in quotes.',
  pattern: '\\+[1-9][0-9]{6,14}',
  message:
    'phoneNumber must be E.164: a plus sign, the country code and the number, 7 to 15 digits, nothing else, such as "+15550001111"',
  maxLength: 16,
});

const phoneNumberID = patternString({
  description: 'Meta’s id of the number, as WhatsApp Manager and the Graph API show it.',
  pattern: '[0-9]{5,20}',
  message: 'phoneNumberID must be the digits of Meta’s phone number ID, such as "106540352242922"; it is not the number itself',
  maxLength: 20,
});

const calling = z
  .object({
    additionalCodecs: z
      .array(z.enum(['PCMA', 'PCMU']))
      .max(2)
      .default([])
      .meta({
        description: 'Codecs that Meta offers beside Opus and transcodes itself.',
        'x-kubernetes-list-type': 'set',
      }),
  })
  .prefault({})
  .meta({ description: 'Meta’s calling settings for the number.' });

export const whatsAppNumberSpec = z
  .object({
    phoneNumber,
    phoneNumberID,
    accessTokenRef: secretKeyRef(
      'Where the access token is: a system user’s token of an app with whatsapp_business_management and whatsapp_business_messaging.',
    ),
    gatewayRef: z
      .object({ name: objectName('Name of the SipGateway in the same namespace.').default('default') })
      .prefault({})
      .meta({ description: 'The gateway that the number’s calls arrive at.' }),
    calling,
  })
  .meta({ description: 'What the number is to be.' });

export const whatsAppNumberStatus = z
  .object({
    observedGeneration,
    conditions,
    sip: z
      .object({
        user: z.string().meta({ description: 'User name that Meta answers the digest challenge with.' }),
        passwordSecret: z.string().meta({ description: 'Secret that holds the password that Meta made.' }),
      })
      .optional()
      .meta({ description: 'How Meta authenticates its calls.' }),
  })
  .meta({ description: 'What the number is.' });

export const whatsAppNumber = objectSchema('WhatsAppNumber', whatsAppNumberSpec, whatsAppNumberStatus);
export type WhatsAppNumber = z.infer<typeof whatsAppNumber>;
export type WhatsAppNumberStatus = z.infer<typeof whatsAppNumberStatus>;

export const whatsAppNumberDefinition: KindDefinition = {
  kind: 'WhatsAppNumber',
  plural: 'whatsappnumbers',
  singular: 'whatsappnumber',
  shortName: 'wan',
  description: 'A WhatsApp Business number whose calls come to a gateway.',
  rules: [
    {
      rule: 'size(self.metadata.name) <= 240',
      message: 'the name of a WhatsAppNumber becomes part of its Secret’s name: at most 240 characters',
    },
  ],
  columns: [
    { name: 'Number', type: 'string', jsonPath: '.spec.phoneNumber', description: 'The business number.' },
    { name: 'Gateway', type: 'string', jsonPath: '.spec.gatewayRef.name', description: 'Where its calls arrive.' },
    READY_COLUMN,
    STATE_COLUMN,
    AGE_COLUMN,
  ],
};
