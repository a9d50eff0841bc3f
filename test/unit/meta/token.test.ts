// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../operator/api/conditions.ts';
import type { GuidedReason } from '../../../operator/meta/guide.ts';
import { judgeToken } from '../../../operator/meta/onboarding.ts';
import { tokenInfo } from '../../../operator/meta/token.ts';
import { goodToken } from '../builders.ts';
import { SENTENCE } from './sentence.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const DAY = 86_400;
const ACCOUNT = '102290129340398';
const SETTINGS = 'business.facebook.com/settings';

const token = (more: object = {}): Verdict => judgeToken(tokenInfo.parse({ data: { ...goodToken, ...more } }), ACCOUNT, NOW);

describe('the token', () => {
  it('that can do all is accepted, for good or for a while', () => {
    expect(token()).toMatchObject({ status: 'True', reason: 'TokenAccepted' });
    expect(token({ expires_at: SECONDS + 8 * DAY })).toMatchObject({ status: 'True', reason: 'TokenAccepted' });
  });

  it('that ends within a week says when', () => {
    const verdict = token({ expires_at: SECONDS + 6 * DAY });
    expect(verdict).toMatchObject({ status: 'True', reason: 'TokenExpires' });
    expect(verdict.message).toContain('2026-06-21T10:00Z');
  });

  it.each<[string, object, GuidedReason, string]>([
    [
      'is not valid',
      { is_valid: false, error: { message: 'Session has expired' } },
      'TokenRefused',
      'Meta says: Session has expired. You: ',
    ],
    ['is not valid, without a word why', { is_valid: false }, 'TokenRefused', 'Meta says: the token is not valid. You: '],
    [
      'lacks a scope',
      { scopes: ['whatsapp_business_management'] },
      'PermissionMissing',
      'the token lacks whatsapp_business_messaging. ',
    ],
    [
      'lacks both scopes',
      { scopes: [] },
      'PermissionMissing',
      'the token lacks whatsapp_business_management and whatsapp_business_messaging. ',
    ],
    [
      'is for another account',
      { granular_scopes: [{ scope: 'whatsapp_business_messaging', target_ids: [5] }] },
      'PermissionMissing',
      `the token holds whatsapp_business_messaging, not for business account ${ACCOUNT}. `,
    ],
  ])('that %s waits for a person', (_, more, reason, says) => {
    const verdict = token(more);
    expect(verdict).toMatchObject({ status: 'False', reason, stalled: true });
    expect(verdict.message).toMatch(SENTENCE);
    expect(verdict.message).toContain(says);
    expect(verdict.message).toContain(`${SETTINGS} → Users → System users`);
  });

  it.each<[string, object]>([
    ['scopes for all accounts', { granular_scopes: [{ scope: 'whatsapp_business_management' }] }],
    ['scopes that are nobody’s business for another account', { granular_scopes: [{ scope: 'ads_read', target_ids: ['5'] }] }],
    [
      'the account among others',
      { granular_scopes: [{ scope: 'whatsapp_business_management', target_ids: ['5', Number(ACCOUNT)] }] },
    ],
    [
      'the same scope twice, once for the account',
      { granular_scopes: [['5'], [ACCOUNT]].map((target_ids) => ({ scope: 'whatsapp_business_management', target_ids })) },
    ],
    ['scopes that Meta does not list', { scopes: undefined, granular_scopes: undefined }],
  ])('may have %s', (_, more) => {
    expect(token(more).status).toBe('True');
  });
});
