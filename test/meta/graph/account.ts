// SPDX-License-Identifier: Apache-2.0
// A WhatsApp Business Account (WABA) as Meta has it.
import type { HealthIssue } from './health.ts';
import type { WebhookOverride } from './number.ts';

export interface AccountTraits {
  name: string;
  currency: string;
  timezoneID: string;
  country: string;
  messageTemplateNamespace: string;
  accountReviewStatus: 'APPROVED' | 'PENDING' | 'REJECTED' | 'DEFERRED';
  businessVerificationStatus: 'verified' | 'not_verified' | 'pending' | 'pending_need_more_info'
    | 'pending_submission' | 'rejected' | 'failed' | 'expired' | 'revoked' | 'ineligible';
  ownershipType: string;
  primaryBusinessLocation: string;
  /** Undefined: no payment method; the field is left out then. */
  primaryFundingID: string | undefined;
  status: string;
  /** The business portfolio that owns it. */
  businessID: string;
  healthIssues: readonly HealthIssue[];
}

export type AccountInput = { readonly id: string } & Partial<AccountTraits>;

export interface AccountState extends AccountTraits {
  readonly id: string;
  /** In the order they were added. */
  readonly phoneNumberIDs: Set<string>;
  /** The subscribed apps by id, with their override where they set one. */
  readonly subscribers: Map<string, WebhookOverride | undefined>;
}

/** A healthy account without numbers, unless `input` says otherwise. */
export function newAccount(input: AccountInput): AccountState {
  return {
    name: 'Example Ltd',
    currency: 'USD',
    timezoneID: '1',
    country: 'US',
    messageTemplateNamespace: `namespace_${input.id}`,
    accountReviewStatus: 'APPROVED',
    businessVerificationStatus: 'verified',
    ownershipType: 'SELF',
    primaryBusinessLocation: 'US',
    primaryFundingID: `9${input.id}`,
    status: 'ACTIVE',
    businessID: `5${input.id}`,
    healthIssues: [],
    ...input,
    phoneNumberIDs: new Set(),
    subscribers: new Map(),
  };
}
