// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { calling } from './calling.ts';
import { AGE_COLUMN, READY_COLUMN, STATE_COLUMN, type KindDefinition } from './group.ts';
import { hostname, issuerRef } from './sipgateway.ts';
import { checked, conditions, objectName, objectSchema, observedGeneration, patternString, secretKeyRef } from './schema.ts';

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

const businessAccountID = patternString({
  description: 'Meta’s id of the WhatsApp Business Account that the number belongs to.',
  pattern: '[0-9]{5,20}',
  message: 'businessAccountID must be the digits of the WhatsApp Business Account ID, such as "102290129340398"',
  maxLength: 20,
});

const registration = z
  .object({ pinRef: secretKeyRef('Where the PIN of two-step verification is: six digits. A number without one gets this one.') })
  .optional()
  .meta({ description: 'Lets the operator register the number with the Cloud API where it is not. Left out: it never does.' });

const webhook = z
  .object({
    callbackURL: patternString({
      description: 'Where the app’s webhooks go.',
      pattern: 'https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~/%-]*)?',
      message: 'callbackURL must be an https address without query, such as "https://hooks.example.com/whatsapp"',
      maxLength: 512,
    }).optional(),
    verifyTokenRef: secretKeyRef('The word that Meta shows at callbackURL to prove itself.').optional(),
  })
  .optional()
  .meta({
    description:
      'Subscribes the token’s app to the account’s webhooks. With callbackURL the app’s address and fields are set too.',
  });

const direct = z
  .object({
    hostname,
    port: z.int().min(1).max(65535).default(5061).meta({ description: 'The TLS port that Meta dials.' }),
    certificate: z
      .object({ issuerRef })
      .optional()
      .meta({ description: 'Has a certificate made for hostname, kept in a Secret that the destination mounts. Left out: it has its own.' }),
  })
  .optional()
  .meta({ description: 'Meta dials the destination itself; gateway and routes have no part in the number’s calls.' });

export const whatsAppNumberSpec = checked(
  z.object({
    phoneNumber,
    phoneNumberID,
    businessAccountID,
    accessTokenRef: secretKeyRef(
      'Where the access token is: a system user’s token of an app with whatsapp_business_management and whatsapp_business_messaging.',
    ),
    appSecretRef: secretKeyRef('Where the app’s secret is: it signs requests to Meta, and lets the app’s webhook fields be read.').optional(),
    gatewayRef: z
      .object({ name: objectName('Name of the SipGateway in the same namespace.').default('default') })
      .prefault({})
      .meta({ description: 'The gateway that the number’s calls arrive at.' }),
    maxCalls: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'The most calls that the number may have at once, of users and to users; the next one hears busy. Left out: as many as Meta allows.' }),
    management: z
      .enum(['Manage', 'Observe'])
      .default('Manage')
      .meta({ description: 'Manage: Meta is brought to what is declared. Observe: the difference is shown and nothing is written.' }),
    driftPolicy: z
      .enum(['Correct', 'Report'])
      .default('Correct')
      .meta({ description: 'What follows when somebody changes a declared setting at Meta: it is put right, or left and shown.' }),
    deletionPolicy: z
      .enum(['Retain', 'Disable'])
      .default('Retain')
      .meta({ description: 'What happens at Meta when the object is deleted: nothing, or calling is switched off.' }),
    registration,
    webhook,
    direct,
    calling,
  }),
  { description: 'What the number is to be.' },
  {
    holds: (spec) => (spec.webhook?.callbackURL === undefined) === (spec.webhook?.verifyTokenRef === undefined),
    rule: '!has(self.webhook) || has(self.webhook.callbackURL) == has(self.webhook.verifyTokenRef)',
    message: 'webhook.callbackURL and webhook.verifyTokenRef go together: Meta checks the address with the word',
  },
  {
    holds: (spec) => spec.webhook?.callbackURL === undefined || spec.appSecretRef !== undefined,
    rule: '!has(self.webhook) || !has(self.webhook.callbackURL) || has(self.appSecretRef)',
    message: 'webhook.callbackURL needs appSecretRef: only the app itself may set its webhook fields',
  },
);

const restriction = z
  .object({
    type: z.string().meta({ description: 'Meta’s name of what is restricted.' }),
    reason: z.string().optional().meta({ description: 'Meta’s words.' }),
    until: z.iso.datetime().optional().meta({ description: 'When it ends.' }),
  })
  .meta({ description: 'One restriction.' });

const meta = z
  .object({
    appID: z.string().optional().meta({ description: 'The app that the access token belongs to.' }),
    tokenExpires: z.iso.datetime().optional().meta({ description: 'When the access token ends; absent for one that does not.' }),
    verifiedName: z.string().optional().meta({ description: 'Name that users see.' }),
    status: z.string().optional().meta({ description: 'Meta’s state of the number.' }),
    qualityRating: z.string().optional().meta({ description: 'Meta’s rating by what users report.' }),
    messagingLimit: z.string().optional().meta({ description: 'How many users the business may address in a day; calling needs TIER_2K.' }),
    restrictions: z
      .array(restriction)
      .optional()
      .meta({ description: 'What Meta restricts at present.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .optional()
  .meta({ description: 'What Meta says of the number.' });

export const whatsAppNumberStatus = z
  .object({
    observedGeneration,
    conditions,
    calls: z.string().optional().meta({ description: 'Calls at once, and the most that there may be, such as "3/1000". Not there where they cannot be counted, or Meta dials the destination itself.' }),
    missing: z.string().optional().meta({ description: 'The first thing on the way to a working number that is missing.' }),
    sip: z
      .object({
        user: z.string().meta({ description: 'User name that Meta answers the digest challenge with.' }),
        passwordSecret: z.string().optional().meta({ description: 'Secret that holds the password for a destination that Meta dials itself.' }),
      })
      .optional()
      .meta({ description: 'How Meta authenticates its calls.' }),
    direct: z
      .object({ certificateSecret: z.string().meta({ description: 'Secret that the destination’s certificate is kept in.' }) })
      .optional()
      .meta({ description: 'What was made for the destination that Meta dials.' }),
    meta,
    settings: z
      .object({
        applied: z.string().optional().meta({ description: 'Fingerprint of the settings that Meta last read back as declared.' }),
        announcement: z
          .object({
            fingerprint: z.string().meta({ description: 'Fingerprint of the announcement.' }),
            mediaID: z.string().meta({ description: 'Meta’s id of it.' }),
          })
          .optional()
          .meta({ description: 'The voicemail announcement uploaded last.' }),
      })
      .optional()
      .meta({ description: 'What the operator has brought about at Meta.' }),
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
    { name: 'Calls', type: 'string', jsonPath: '.status.calls', description: 'Calls that it has, and the most that it may have.' },
    {
      name: 'Missing',
      type: 'string',
      jsonPath: '.status.missing',
      description: 'The first thing on the way to a working number that is missing.',
      priority: 1,
    },
    { name: 'Quality', type: 'string', jsonPath: '.status.meta.qualityRating', description: 'Meta’s rating.', priority: 1 },
    { name: 'Limit', type: 'string', jsonPath: '.status.meta.messagingLimit', description: 'Messaging limit.', priority: 1 },
    AGE_COLUMN,
  ],
};
