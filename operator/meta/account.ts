// SPDX-License-Identifier: Apache-2.0
// GET /{WABA}: what Meta says of a WhatsApp Business Account, read leniently.
import * as z from 'zod';

export const ACCOUNT_FIELDS = 'id,name,account_review_status,business_verification_status,status';

const word = z.string().transform((text) => text.toUpperCase());

export const accountNode = z.object({
  id: z.string(),
  name: z.string().optional(),
  account_review_status: word.optional(),
  business_verification_status: word.optional(),
  status: word.optional(),
});

export type AccountNode = z.infer<typeof accountNode>;
