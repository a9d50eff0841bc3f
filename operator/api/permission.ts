// SPDX-License-Identifier: Apache-2.0
// Whether a user agrees to be called, as a route asks before it calls.
import * as z from 'zod';
import { checked } from './schema.ts';

const text = z
  .string()
  .min(1)
  .max(1024)
  .optional()
  .meta({ description: 'What a request for permission says above its buttons. Left out: WhatsApp’s own words alone.' });

export const permission = checked(
  z.object({
    request: z
      .enum(['Never', 'OnDemand', 'Automatic'])
      .default('Never')
      .meta({
        description:
          'When a user who has given none is sent a request for it, which Meta bills as a message. OnDemand: where the INVITE has the header X-WA-Request-Permission: yes. Automatic: at every call that is refused for it.',
      }),
    text,
  }),
  { description: 'With Outbound: before a call Meta is asked whether the user permits it. Left out: Meta says so when it is called.' },
  {
    holds: ({ request, text: said }) => request !== 'Never' || said === undefined,
    rule: 'self.request != "Never" || !has(self.text)',
    message: 'text is for requests, and with request Never there are none',
  },
);
