// SPDX-License-Identifier: Apache-2.0
// GET /{PNID}: what Meta says of a phone number, read leniently: a field that it leaves out says nothing.
import * as z from 'zod';

const word = z.string().transform((text) => text.toUpperCase());

const healthEntity = z.object({
  entity_type: word,
  id: z.union([z.string(), z.number()]).transform(String).optional(),
  can_send_message: word.optional(),
  can_receive_call_sip: word.optional(),
  additional_info: z.array(z.string()).default([]),
  errors: z
    .array(
      z.object({
        error_code: z.coerce.number(),
        error_description: z.string().nullish().transform((text) => text ?? ''),
        possible_solution: z.string().nullish().transform((text) => text ?? ''),
      }),
    )
    .default([]),
});

export const numberNode = z.object({
  display_phone_number: z.string(),
  verified_name: z.string().optional(),
  status: word.optional(),
  platform_type: word.optional(),
  host_platform: word.optional(),
  code_verification_status: word.optional(),
  name_status: word.optional(),
  quality_rating: word.optional(),
  is_official_business_account: z.boolean().optional(),
  is_on_biz_app: z.boolean().optional(),
  account_mode: word.optional(),
  whatsapp_business_manager_messaging_limit: word.optional(),
  health_status: z.object({ entities: z.array(healthEntity).default([]) }).optional(),
});

export const NODE_FIELDS = Object.keys(numberNode.shape).join(',');

export type NumberNode = z.infer<typeof numberNode>;

/** The number itself, which Meta shows with spaces and dashes. */
export const shownDigits = (node: NumberNode): string => node.display_phone_number.replaceAll(/\D/g, '');
export type HealthEntity = z.infer<typeof healthEntity>;
