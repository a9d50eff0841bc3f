// SPDX-License-Identifier: Apache-2.0
// The steps on the way to a number that takes calls, one verdict each, from what Meta says. Pure.
import { advisory, no, stalled, unknown, yes, type Verdict } from '../api/conditions.ts';
import type { AccountNode } from './account.ts';
import type { Restriction } from './calling/observed.ts';
import { guided, type GuidedReason } from './guide.ts';
import { judgeApp, judgeReceiving } from './healthverdicts.ts';
import type { NumberNode } from './node.ts';
import { missingScopes, scopesElsewhere, type TokenInfo } from './token.ts';

/** What is known of a number at Meta; parts that Meta did not give are undefined. */
export interface Standing {
  number: NumberNode;
  account: AccountNode | undefined;
  restrictions: readonly Restriction[];
}

/** In the order in which they have to be done. */
export const ONBOARDING = [
  'AppLive',
  'AccountApproved',
  'BusinessVerified',
  'CodeVerified',
  'OnCloudAPI',
  'Registered',
  'DisplayNameApproved',
  'OfficialBusiness',
  'CallingEligible',
  'Unrestricted',
  'QualityGood',
  'CallsReceivable',
] as const;

export type OnboardingCondition = (typeof ONBOARDING)[number];

const missing = (reason: GuidedReason, metaSays: string): Verdict => no(reason, guided(reason, metaSays));
const blocked = (reason: GuidedReason, metaSays: string): Verdict => stalled(reason, guided(reason, metaSays));
export const notShown = (what: string): Verdict => advisory(unknown('NotShown', `Meta does not say ${what}`));

export function judgeOnboarding(standing: Standing, now: Date): Record<OnboardingCondition, Verdict> {
  const { number, account, restrictions } = standing;
  return {
    AppLive: judgeApp(number),
    AccountApproved: judgeAccount(account),
    BusinessVerified: advisory(judgeBusiness(account)),
    CodeVerified: judgeCode(number),
    OnCloudAPI: judgePlatform(number),
    Registered: judgeStatus(number),
    DisplayNameApproved: advisory(judgeName(number)),
    OfficialBusiness: advisory(judgeOfficial(number)),
    CallingEligible: judgeLimit(number),
    Unrestricted: judgeRestrictions(restrictions, now),
    QualityGood: advisory(judgeQuality(number)),
    CallsReceivable: judgeReceiving(number),
  };
}

const EXPIRY_WARNING_MS = 7 * 24 * 3600 * 1000;

/** Whether the token can do all that the operator and Meta's calls need. */
export function judgeToken(token: TokenInfo, accountID: string, now: Date): Verdict {
  if (!token.is_valid) return blocked('TokenRefused', token.error?.message || 'the token is not valid');
  const lacking = missingScopes(token);
  if (lacking.length > 0) return blocked('PermissionMissing', `the token lacks ${lacking.join(' and ')}`);
  const elsewhere = scopesElsewhere(token, accountID);
  if (elsewhere.length > 0) return blocked('PermissionMissing', `the token holds ${elsewhere.join(' and ')}, not for business account ${accountID}`);
  const left = token.expires_at * 1000 - now.getTime();
  if (token.expires_at === 0 || left > EXPIRY_WARNING_MS) return yes('TokenAccepted', 'Meta accepts the access token');
  const end = isoMinute(token.expires_at);
  return yes('TokenExpires', `Meta accepts the access token until ${end}: put a new one into its Secret before that, best one that does not end`);
}

function judgeAccount(account: AccountNode | undefined): Verdict {
  if (!account) return notShown('how the business account stands');
  const { status, account_review_status: review } = account;
  if (status && /DISABLE|BAN|RESTRICT|SUSPEND/.test(status)) return blocked('AccountRestricted', `the business account is ${status}`);
  if (review === 'REJECTED') return blocked('AccountRejected', 'the review of the business account ended with REJECTED');
  if (review === 'PENDING' || review === 'DEFERRED') return missing('AccountInReview', `the review of the business account is ${review}`);
  if (review === 'APPROVED') return yes('AccountApproved', 'Meta has approved the business account');
  return notShown(`how the review of the business account stands${review ? `, but ${review}` : ''}`);
}

function judgeBusiness(account: AccountNode | undefined): Verdict {
  const state = account?.business_verification_status;
  if (state === undefined) return notShown('whether the business is verified');
  if (state === 'VERIFIED') return yes('BusinessVerified', 'Meta has verified the business');
  return missing('BusinessNotVerified', `business verification is ${state}`);
}

const OPEN_CODES = new Set(['NOT_VERIFIED', 'UNVERIFIED', 'EXPIRED']);

/** A number that is connected was verified once; the code's state is history then. */
function judgeCode({ status, code_verification_status: code }: NumberNode): Verdict {
  if (code === 'VERIFIED' || status === 'CONNECTED') return yes('CodeVerified', 'the number was verified by its code');
  if (code && OPEN_CODES.has(code)) return missing('CodeNotVerified', `code verification is ${code}`);
  return notShown(`whether the number was verified by its code${code ? `, but ${code}` : ''}`);
}

function judgePlatform({ platform_type, host_platform, is_on_biz_app: onApp }: NumberNode): Verdict {
  const platform = platform_type ?? host_platform;
  if (onApp) return blocked('OnBusinessApp', 'the number is on the WhatsApp Business app');
  if (platform === 'ON_PREMISE') return blocked('OnPremises', 'the number’s platform is ON_PREMISE');
  if (platform === 'CLOUD_API') return yes('OnCloudAPI', 'the number is on the Cloud API');
  if (platform === 'NOT_APPLICABLE') return missing('NotRegistered', `the number’s platform is ${platform}`);
  return notShown(platform === undefined ? 'which platform the number is on' : `a known platform of the number, but ${platform}`);
}

function judgeStatus({ status }: NumberNode): Verdict {
  switch (status ?? '') {
    case 'CONNECTED':
      return yes('Registered', 'the number is registered and connected');
    case 'PENDING':
    case 'DISCONNECTED':
      return missing('NotRegistered', `the number is ${status}`);
    case 'FLAGGED':
    case 'RESTRICTED':
    case 'RATE_LIMITED':
      return missing('NumberRestricted', `the number is ${status}`);
    case 'BANNED':
      return blocked('NumberBanned', `the number is ${status}`);
    case 'DELETED':
    case 'MIGRATED':
      return blocked('NumberGone', `the number is ${status}`);
    default:
      return notShown(status === undefined ? 'the number’s state' : `a known state of the number, but ${status}`);
  }
}

function judgeName({ name_status: name, verified_name: shown }: NumberNode): Verdict {
  if (name === undefined) return notShown('how the review of the display name stands');
  if (name === 'APPROVED') return yes('DisplayNameApproved', `Meta has approved the display name${shown ? ` "${shown}"` : ''}`);
  if (name === 'AVAILABLE_WITHOUT_REVIEW') {
    return yes('DisplayNameUsable', 'the display name may be used; Meta has not reviewed it (AVAILABLE_WITHOUT_REVIEW)');
  }
  if (name === 'PENDING_REVIEW') return missing('DisplayNameInReview', `the display name is ${name}`);
  if (name === 'DECLINED' || name === 'EXPIRED' || name === 'NONE') return missing('DisplayNameDeclined', `the display name is ${name}`);
  return notShown(`a known state of the display name, but ${name}`);
}

function judgeOfficial({ is_official_business_account: official }: NumberNode): Verdict {
  if (official === undefined) return notShown('whether this is an official business account');
  if (official) return yes('OfficialBusiness', 'the number has the badge of an official business account');
  return missing('NotOfficial', 'this is no official business account');
}

const ENOUGH = new Set(['TIER_2K', 'TIER_10K', 'TIER_100K', 'TIER_UNLIMITED']);
const TOO_LOW = new Set(['TIER_50', 'TIER_250', 'TIER_1K']);

function judgeLimit({ account_mode: mode, whatsapp_business_manager_messaging_limit: limit }: NumberNode): Verdict {
  if (mode === 'SANDBOX') return yes('CallingEligible', 'a test number may take calls at any messaging limit');
  if (limit === undefined) return notShown('the messaging limit');
  if (ENOUGH.has(limit)) return yes('CallingEligible', `the messaging limit ${limit} is enough for calling`);
  if (TOO_LOW.has(limit)) return blocked('MessagingLimitTooLow', `the messaging limit is ${limit}`);
  return notShown(`a known messaging limit, but ${limit}`);
}

/** Those of calls by users keep calls from us; those of calls to users do not. */
function judgeRestrictions(restrictions: readonly Restriction[], now: Date): Verdict {
  const current = restrictions.filter(({ expiration }) => !expiration || expiration * 1000 > now.getTime());
  const first = current.find(({ type }) => type.includes('USER_INITIATED')) ?? current[0];
  if (!first) return yes('Unrestricted', 'Meta restricts no calls');
  const end = first.expiration ? ` until ${isoMinute(first.expiration)}` : ' without an end';
  const verdict = missing('CallingRestricted', `${first.type}${end}${first.reason ? ` (${first.reason})` : ''}`);
  return first.type.includes('USER_INITIATED') ? verdict : advisory(verdict);
}

function judgeQuality({ quality_rating: quality }: NumberNode): Verdict {
  if (quality === 'YELLOW' || quality === 'RED') return missing('QualityLow', `the quality rating is ${quality}`);
  if (quality === 'GREEN') return yes('QualityGood', 'the quality rating is GREEN');
  return quality === undefined ? notShown('the quality rating') : yes('NotRated', 'the number has no quality rating yet');
}

const isoMinute = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
