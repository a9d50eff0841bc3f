// SPDX-License-Identifier: Apache-2.0
// The body of POST /{PNID}/settings: which members `calling` has and what each may hold.
import { isIP } from 'node:net';
import { z } from 'zod';

const onOff = z.enum(['ENABLED', 'DISABLED']);
const country = z.string().regex(/^[A-Z]{2}$/, 'is not an ISO 3166 alpha-2 country code');
const shortText = z.string().max(128, 'is longer than 128 characters');

/** "HHMM"; colons and integers are read too, as the documents print all three. */
const time = z
  .union([z.string(), z.number().int()])
  .transform((value) => String(value).replace(':', '').padStart(4, '0'))
  .refine((value) => /^([01]\d|2[0-3])[0-5]\d$/.test(value), 'is not a time as HHMM');

const timezone = z.string().refine((zone) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}, 'is not a known timezone');

const hostname = z
  .string()
  .regex(/^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/, 'is not a DNS name')
  .refine((name) => isIP(name) === 0, 'is an IP address');

const server = z.strictObject({
  hostname,
  port: z.coerce.number().int().min(1).max(65_535).default(5061),
  request_uri_user_params: z.record(shortText.min(1), shortText).default({}),
});

const day = z.enum(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']);

const callHours = z.strictObject({
  status: onOff,
  timezone_id: timezone,
  weekly_operating_hours: z
    .array(z.strictObject({ day_of_week: day, open_time: time, close_time: time }))
    .min(1, 'in call_hours cannot be empty'),
  holiday_schedule: z
    .array(z.strictObject({ date: z.iso.date(), start_time: time, end_time: time }))
    .max(20, 'has more than 20 entries')
    .default([]),
});

const voicemail = z.strictObject({
  status: onOff.optional(),
  triggers: z.array(z.enum(['REJECT', 'TIMEOUT'])).optional(),
  audio: z
    .strictObject({
      default: z.strictObject({
        announcement_media_id: z.number().int().optional(),
        timeout_seconds: z.number().int().min(0).max(30).optional(),
      }),
    })
    .optional(),
});

export const callingSchema = z.strictObject({
  status: onOff.optional(),
  call_icon_visibility: z.enum(['DEFAULT', 'DISABLE_ALL']).optional(),
  call_icons: z.strictObject({ restrict_to_user_countries: z.array(country) }).optional(),
  callback_permission_status: onOff.optional(),
  call_hours: callHours.optional(),
  sip: z
    .strictObject({
      status: onOff.optional(),
      // One entry: the one of the app whose token writes.
      servers: z.array(server).max(1, 'holds more than one server').optional(),
      webhook_delivery: onOff.optional(),
    })
    .optional(),
  srtp_key_exchange_protocol: z.enum(['DTLS', 'SDES']).optional(),
  audio: z.strictObject({ additional_codecs: z.array(z.enum(['PCMA', 'PCMU'])) }).optional(),
  voicemail: voicemail.optional(),
  video: z.strictObject({ status: onOff.optional() }).optional(),
});

/** The feature groups beside `calling`; what they hold in full is documented for other products. */
const groups = {
  payload_encryption: z.strictObject({
    status: onOff.optional(),
    client_encryption_key_fingerprint: z.string().optional(),
    cloud_encryption_key: z.string().optional(),
  }),
  storage_configuration: z.strictObject({
    status: z.string().optional(),
    data_localization_region: z.string().optional(),
  }),
  user_identity_change: z.strictObject({ enable_identity_key_check: z.boolean().optional() }),
};

export const settingsSchema = z.strictObject({ calling: callingSchema, ...groups }).partial();

/** What a write says: of the four groups it may name one. */
export type SettingsUpdate = z.infer<typeof settingsSchema>;
export type CallingUpdate = z.infer<typeof callingSchema>;
/** As a client may put it, e.g. without a server's port. */
export type CallingInput = z.input<typeof callingSchema>;
export type CallHours = z.infer<typeof callHours>;
export type ServersUpdate = NonNullable<CallingUpdate['sip']>['servers'];
/** What is kept of `calling`: members absent until set; the servers are kept apart, one for each app. */
export type StoredCalling = Omit<CallingUpdate, 'sip'> & { sip?: Omit<NonNullable<CallingUpdate['sip']>, 'servers'> };
/** What is kept of the groups beside `calling`. */
export type FeatureGroups = Omit<SettingsUpdate, 'calling'>;
