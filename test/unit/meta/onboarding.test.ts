// SPDX-License-Identifier: Apache-2.0
// Each step on the way to calls: what Meta says, who must act, where, and how long that takes.
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../operator/api/conditions.ts';
import { GUIDE, type GuidedReason } from '../../../operator/meta/guide.ts';
import { judgeOnboarding, ONBOARDING, type OnboardingCondition } from '../../../operator/meta/onboarding.ts';
import { accountNode } from '../../../operator/meta/account.ts';
import { numberNode } from '../../../operator/meta/node.ts';
import { standing } from '../builders.ts';
import { SENTENCE } from './sentence.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const DAY = 86_400;

const judge = (node: object, account: object = {}) => judgeOnboarding(standing(node, account), NOW);
const app = (more: object): object => ({ health_status: { entities: [{ entity_type: 'APP', ...more }] } });

/** How much a step holds up: nothing goes on before a person acts, it is missing, or it is advice. */
type Weight = 'stalled' | 'missing' | 'advice';
const weightOf = ({ stalled, advisory }: Verdict): Weight => (stalled ? 'stalled' : advisory ? 'advice' : 'missing');

interface Row {
  node?: object;
  account?: object;
  condition: OnboardingCondition;
  reason: GuidedReason;
  weight: Weight;
  /** Meta's words, and where to go. */
  says: string;
  where: string;
}

const row = (
  condition: OnboardingCondition,
  facts: { node?: object; account?: object },
  [reason, weight]: [GuidedReason, Weight],
  [says, where]: [string, string],
): Row => ({ ...facts, condition, reason, weight, says, where });

const MANAGER = 'business.facebook.com/wa/manage';
const SETTINGS = 'business.facebook.com/settings';
const numbers = `${MANAGER} → Phone numbers`;
const quality = `${MANAGER} → Account quality`;
const devError = {
  error_code: 131_000,
  error_description: 'App is in development mode.',
  possible_solution: 'Switch it to live.',
};

const ROWS: readonly Row[] = [
  row(
    'AppLive',
    { node: app({ errors: [devError] }) },
    ['AppNotLive', 'missing'],
    ['App is in development mode. Switch it to live. (code 131000)', 'developers.facebook.com/apps'],
  ),
  row('AppLive', { node: app({ can_send_message: 'blocked' }) }, ['AppNotLive', 'missing'], ['the app is BLOCKED', 'App Mode']),
  row(
    'AccountApproved',
    { account: { account_review_status: 'PENDING' } },
    ['AccountInReview', 'missing'],
    ['the review of the business account is PENDING', MANAGER],
  ),
  row(
    'AccountApproved',
    { account: { account_review_status: 'deferred' } },
    ['AccountInReview', 'missing'],
    ['the review of the business account is DEFERRED', MANAGER],
  ),
  row(
    'AccountApproved',
    { account: { account_review_status: 'REJECTED' } },
    ['AccountRejected', 'stalled'],
    ['REJECTED', quality],
  ),
  row(
    'AccountApproved',
    { account: { status: 'DISABLED' } },
    ['AccountRestricted', 'stalled'],
    ['the business account is DISABLED', quality],
  ),
  row(
    'AccountApproved',
    { account: { status: 'banned' } },
    ['AccountRestricted', 'stalled'],
    ['the business account is BANNED', quality],
  ),
  ...[
    'NOT_VERIFIED',
    'PENDING',
    'PENDING_NEED_MORE_INFO',
    'PENDING_SUBMISSION',
    'REJECTED',
    'FAILED',
    'EXPIRED',
    'REVOKED',
    'INELIGIBLE',
  ].map((state) =>
    row(
      'BusinessVerified',
      { account: { business_verification_status: state.toLowerCase() } },
      ['BusinessNotVerified', 'advice'],
      [`business verification is ${state}`, `${SETTINGS} → Security Center`],
    ),
  ),
  ...['NOT_VERIFIED', 'UNVERIFIED', 'EXPIRED'].map((state) =>
    row(
      'CodeVerified',
      { node: { status: 'PENDING', code_verification_status: state } },
      ['CodeNotVerified', 'missing'],
      [`code verification is ${state}`, numbers],
    ),
  ),
  row('OnCloudAPI', { node: { platform_type: 'ON_PREMISE' } }, ['OnPremises', 'stalled'], ['ON_PREMISE', numbers]),
  row(
    'OnCloudAPI',
    { node: { platform_type: undefined, host_platform: 'on_premise' } },
    ['OnPremises', 'stalled'],
    ['ON_PREMISE', numbers],
  ),
  row(
    'OnCloudAPI',
    { node: { is_on_biz_app: true } },
    ['OnBusinessApp', 'stalled'],
    ['on the WhatsApp Business app', 'the app on the phone'],
  ),
  row('OnCloudAPI', { node: { platform_type: 'NOT_APPLICABLE' } }, ['NotRegistered', 'missing'], ['NOT_APPLICABLE', numbers]),
  ...['PENDING', 'DISCONNECTED'].map((status) =>
    row('Registered', { node: { status } }, ['NotRegistered', 'missing'], [`the number is ${status}`, numbers]),
  ),
  ...['FLAGGED', 'RESTRICTED', 'RATE_LIMITED'].map((status) =>
    row('Registered', { node: { status } }, ['NumberRestricted', 'missing'], [`the number is ${status}`, numbers]),
  ),
  row('Registered', { node: { status: 'BANNED' } }, ['NumberBanned', 'stalled'], ['the number is BANNED', quality]),
  ...['DELETED', 'MIGRATED'].map((status) =>
    row('Registered', { node: { status } }, ['NumberGone', 'stalled'], [`the number is ${status}`, numbers]),
  ),
  row(
    'DisplayNameApproved',
    { node: { name_status: 'PENDING_REVIEW' } },
    ['DisplayNameInReview', 'advice'],
    ['PENDING_REVIEW', numbers],
  ),
  ...['DECLINED', 'EXPIRED', 'NONE'].map((name) =>
    row(
      'DisplayNameApproved',
      { node: { name_status: name } },
      ['DisplayNameDeclined', 'advice'],
      [`the display name is ${name}`, `${numbers} → Profile`],
    ),
  ),
  row(
    'OfficialBusiness',
    { node: { is_official_business_account: false } },
    ['NotOfficial', 'advice'],
    ['no official business account', `${numbers} → Profile`],
  ),
  row(
    'CallingEligible',
    { node: { whatsapp_business_manager_messaging_limit: 'TIER_250' } },
    ['MessagingLimitTooLow', 'stalled'],
    ['the messaging limit is TIER_250', `${SETTINGS} → Security Center`],
  ),
  ...['YELLOW', 'red'].map((rating) =>
    row(
      'QualityGood',
      { node: { quality_rating: rating } },
      ['QualityLow', 'advice'],
      [`the quality rating is ${rating.toUpperCase()}`, `${MANAGER} → Insights`],
    ),
  ),
];

describe('what is missing', () => {
  it.each(ROWS.map((each) => [each.condition, each.says, each] as const))(
    '%s: %s',
    (_, __, { node = {}, account = {}, condition, reason, weight, says, where }) => {
      const verdict = judge(node, account)[condition];
      expect(verdict).toMatchObject({ status: 'False', reason });
      expect(weightOf(verdict)).toBe(weight);
      expect(verdict.message).toMatch(SENTENCE);
      expect(verdict.message.split(/\. (?:You|Meta|An administrator)/)[0]).toContain(says);
      expect(verdict.message).toContain(where);
    },
  );

  it('is told in every way that the guide knows', () => {
    const shown = new Set<string>([
      'TokenRefused',
      'PermissionMissing',
      'CallingRestricted',
      ...ROWS.map(({ reason }) => reason),
    ]);
    expect(Object.keys(GUIDE).filter((reason) => !shown.has(reason))).toEqual([]);
  });
});

describe('a number that lacks nothing', () => {
  it('has every step done, in order', () => {
    const verdicts = judge({});
    expect(Object.keys(verdicts)).toEqual([...ONBOARDING]);
    expect(Object.values(verdicts).filter(({ status }) => status !== 'True')).toEqual([]);
  });

  it.each<[string, OnboardingCondition, object, string]>([
    ['a name that needs no review', 'DisplayNameApproved', { name_status: 'AVAILABLE_WITHOUT_REVIEW' }, 'DisplayNameUsable'],
    [
      'a test number with a low limit',
      'CallingEligible',
      { account_mode: 'sandbox', whatsapp_business_manager_messaging_limit: 'TIER_250' },
      'CallingEligible',
    ],
    ...['TIER_2K', 'TIER_10K', 'TIER_100K', 'TIER_UNLIMITED'].map((limit): [string, OnboardingCondition, object, string] => [
      `limit ${limit}`,
      'CallingEligible',
      { whatsapp_business_manager_messaging_limit: limit },
      'CallingEligible',
    ]),
    ['a rating that is not there yet', 'QualityGood', { quality_rating: 'NA' }, 'NotRated'],
    ['a rating that is unknown', 'QualityGood', { quality_rating: 'UNKNOWN' }, 'NotRated'],
    ['a code that has expired since it was used', 'CodeVerified', { code_verification_status: 'EXPIRED' }, 'CodeVerified'],
    ['all in lower case', 'Registered', { status: 'connected' }, 'Registered'],
  ])('may have %s', (_, condition, node, reason) => {
    expect(judge(node)[condition]).toMatchObject({ status: 'True', reason });
  });
});

describe('what Meta does not say, or says in words that nobody knows', () => {
  const lacks = (verdicts: Record<string, Verdict>) =>
    Object.entries(verdicts).filter(([, { status, advisory }]) => status !== 'True' && !advisory);

  it('keeps no number from being ready where fields are missing', () => {
    const bare = { number: numberNode.parse({ display_phone_number: '+1 555' }), account: undefined, restrictions: [] };
    const verdicts = judgeOnboarding(bare, NOW);
    expect(lacks(verdicts)).toEqual([]);
    const { Unrestricted: _, ...rest } = verdicts;
    expect(Object.values(rest).map(({ reason }) => reason)).toEqual(Object.keys(rest).map(() => 'NotShown'));
  });

  const ODD = 'SOMETHING_NEW';
  const odd = {
    status: ODD,
    platform_type: ODD,
    code_verification_status: ODD,
    name_status: ODD,
    quality_rating: ODD,
    account_mode: ODD,
    whatsapp_business_manager_messaging_limit: ODD,
    health_status: {
      entities: [
        { entity_type: 'PHONE_NUMBER', can_receive_call_sip: ODD },
        { entity_type: ODD, can_receive_call_sip: 'BLOCKED' },
      ],
    },
  };

  it('keeps no number from being ready where values are unknown', () => {
    expect(lacks(judge(odd, { status: ODD, account_review_status: ODD, business_verification_status: ODD }))).toEqual([]);
  });

  it('is not taken for good news either', () => {
    const verdicts = judge(odd, { account_review_status: ODD });
    for (const condition of [
      'AccountApproved',
      'CodeVerified',
      'OnCloudAPI',
      'Registered',
      'DisplayNameApproved',
      'CallingEligible',
      'CallsReceivable',
    ] as const) {
      expect({ [condition]: verdicts[condition].status }).toEqual({ [condition]: 'Unknown' });
    }
  });

  it.each(['UNKNOWN', 'LINKED'])('of the number’s state %s is no verdict', (status) => {
    expect(judge({ status }).Registered).toMatchObject({ status: 'Unknown', advisory: true });
  });

  it('of the messaging limit, where there is none yet, is no verdict', () => {
    expect(judge({ whatsapp_business_manager_messaging_limit: 'UNTIERED' }).CallingEligible).toMatchObject({
      status: 'Unknown',
      advisory: true,
    });
  });

  it('of an account that cannot be read is no verdict', () => {
    const { AccountApproved, BusinessVerified } = judgeOnboarding({ ...standing(), account: undefined }, NOW);
    expect([AccountApproved.reason, BusinessVerified.reason]).toEqual(['NotShown', 'NotShown']);
    expect(accountNode.parse({ id: '1' })).toEqual({ id: '1' });
  });
});

describe('restrictions', () => {
  const of = (...restrictions: { type: string; reason?: string; expiration?: number }[]) =>
    judgeOnboarding({ ...standing(), restrictions }, NOW).Unrestricted;
  const users = 'RESTRICTED_USER_INITIATED_CALLING';
  const business = 'RESTRICTED_BUSINESS_INITIATED_CALLING';

  it('of users’ calls keep them away until their end', () => {
    const verdict = of({ type: users, reason: 'low pick-up', expiration: SECONDS + DAY });
    expect(verdict).toMatchObject({ status: 'False', reason: 'CallingRestricted' });
    expect(weightOf(verdict)).toBe('missing');
    expect(verdict.message).toMatch(SENTENCE);
    expect(verdict.message).toContain(`Meta says: ${users} until 2026-06-16T10:00Z (low pick-up). `);
  });

  it('without an end say so', () => {
    expect(of({ type: users }).message).toContain(`${users} without an end. `);
    expect(of({ type: users, expiration: 0 }).message).toContain('without an end');
  });

  it('of calls to users do not matter to those of users', () => {
    expect(weightOf(of({ type: business, expiration: SECONDS + DAY }))).toBe('advice');
  });

  it.each(['RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING', users])('%s speaks before one of calls to users', (type) => {
    const verdict = of({ type: business }, { type });
    expect(verdict.message).toContain(`Meta says: ${type} `);
    expect(weightOf(verdict)).toBe('missing');
  });

  it('that are over are none', () => {
    expect(of({ type: users, expiration: SECONDS })).toMatchObject({ status: 'True', reason: 'Unrestricted' });
    expect(of({ type: users, expiration: SECONDS + 1 })).toMatchObject({ status: 'False' });
  });
});
