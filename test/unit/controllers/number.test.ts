// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { advisory, no, stalled, toConditions, unknown, yes } from '../../../operator/api/conditions.ts';
import { firstMissing, judgeNumber, type NumberView } from '../../../operator/controllers/number/verdicts.ts';
import * as outcomes from '../../../operator/controllers/settings/outcome.ts';
import type { MetaVerdicts, Outcome } from '../../../operator/controllers/settings/outcome.ts';
import { ONBOARDING, judgeOnboarding } from '../../../operator/meta/onboarding.ts';
import { goodNumber, goodOutcome, number, standing } from '../builders.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
const conditionsOf = (view: NumberView) => toConditions(judgeNumber(view), [], NOW);
const find = (view: NumberView, type: string) => conditionsOf(view).find((condition) => condition.type === type);
const saying = (verdicts: MetaVerdicts, more: Partial<Outcome> = {}): NumberView => ({
  ...goodNumber,
  outcome: { ...goodOutcome, ...more, verdicts: { ...goodOutcome.verdicts, ...verdicts } },
});
const difference = { field: 'status', member: 'status', wanted: 'ENABLED', found: 'DISABLED' } as const;
const gap = { gateway: false, what: 'every proxy serves the number' };

describe('a number', () => {
  it('is ready when Meta has its settings and every proxy serves it', () => {
    expect(find(goodNumber, 'Ready')).toMatchObject({
      status: 'True',
      message: 'calls to +15550001111 are served by route "r" through gateway "default"',
    });
  });

  it('has one condition for each step, in the order in which they have to be done', () => {
    const rest = ['SettingsSynced', 'Drifted', 'OnlyServer', 'WebhookSubscribed', 'Reachable', 'Programmed', 'Ready'];
    expect(conditionsOf(goodNumber).map(({ type }) => type)).toEqual(['CredentialsValid', ...ONBOARDING, ...rest]);
  });

  it.each<[string, NumberView, string]>([
    ['Meta was not asked yet', { ...goodNumber, outcome: undefined }, 'Pending'],
    ['there is no route', { ...goodNumber, routing: { kind: 'served', gateway: 'default', routes: [] } }, 'NoRoute'],
    ['the password is unknown', { ...goodNumber, routing: { kind: 'no-password', gateway: 'default' } }, 'PasswordPending'],
    ['its gateway does not exist', { ...goodNumber, routing: { kind: 'no-gateway', gateway: 'g' } }, 'GatewayNotFound'],
    [
      'an older number is the same',
      { ...goodNumber, routing: { kind: 'duplicate', of: 'o', field: 'phoneNumber' } },
      'DuplicatePhoneNumber',
    ],
    ['a proxy serves it otherwise', { ...goodNumber, applied: { ...goodNumber.applied, ha1: 'old' } }, 'Applying'],
    ['no proxy was asked', { ...goodNumber, appliedKnown: false }, 'Applying'],
    ['no handshake was tried', { ...goodNumber, reach: undefined }, 'Pending'],
    ['the handshake fails', { ...goodNumber, reach: no('Unreachable', 'why') }, 'Unreachable'],
    [
      'its gateway takes no calls yet',
      saying({ SettingsSynced: outcomes.activating([difference], { gateway: true, what: 'x' }) }),
      'WaitingForGateway',
    ],
    ['the path does not answer', saying({ SettingsSynced: outcomes.activating([difference], gap) }), 'Activating'],
    ['Meta reads back something else', saying({ SettingsSynced: outcomes.differing([difference]) }), 'SettingsDiffer'],
    ['Meta’s number is another one', saying({ SettingsSynced: outcomes.otherNumber('+1 555', '+1556') }), 'PhoneNumberDiffers'],
    ['calling is off and left so', saying({ SettingsSynced: outcomes.left('Observing', [difference]) }), 'Observing'],
    [
      'the access token is missing',
      { ...goodNumber, outcome: outcomes.withoutToken(no('SecretNotFound', 'why')) },
      'SecretNotFound',
    ],
  ])('is not ready and says so when %s', (_, view, reason) => {
    expect(find(view, 'Ready')).toMatchObject({ status: 'False', reason });
  });

  const icon = {
    field: 'call_icon_visibility',
    member: 'call_icon_visibility',
    wanted: 'DEFAULT',
    found: 'DISABLE_ALL',
  } as const;
  it.each<[string, MetaVerdicts]>([
    ['a setting that keeps no calls away differs and is left so', { SettingsSynced: outcomes.left('DriftLeft', [icon]) }],
    ['the announcement is missing', { SettingsSynced: outcomes.announcementMissing('why') }],
    ['somebody changed a setting, now put right', { Drifted: outcomes.drift.corrected([difference], NOW) }],
    ['another app has a server too', { OnlyServer: advisory(outcomes.foreignServer([], '7')) }],
    ['webhooks go elsewhere', { WebhookSubscribed: advisory(no('NotSubscribed', 'why')) }],
    ['a new password waits for calls to end', { PasswordRotated: advisory(no('RotationWaits', 'why')) }],
  ])('is ready all the same when %s', (_, verdicts) => {
    expect(find(saying(verdicts), 'Ready')?.status).toBe('True');
  });

  it('does not wait for a handshake where it was told not to', () => {
    const immediate = number('sales', '+15550001111', { spec: { calling: { activation: 'Immediately' } } });
    expect(find({ ...goodNumber, number: immediate, reach: no('Unreachable', 'why') }, 'Ready')?.status).toBe('True');
  });

  it('that is declared to be off is ready when it is', () => {
    const off = number('sales', '+15550001111', { spec: { calling: { status: 'Disabled' } } });
    const view = { ...saying({ CallsReceivable: no('SipOff', 'x') }), number: off };
    expect(find(view, 'Ready')).toMatchObject({
      status: 'True',
      message: 'calling is off at Meta for +15550001111, as declared',
    });
  });

  it('speaks of a new password only while one is asked for', () => {
    expect(find(goodNumber, 'PasswordRotated')).toBeUndefined();
    expect(find(saying({ PasswordRotated: outcomes.rotating() }), 'PasswordRotated')).toMatchObject({
      reason: 'PasswordRotating',
    });
  });

  it('says what it waits for as that is now, not as it was at the last look', () => {
    const view = saying({ SettingsSynced: outcomes.activating([difference], gap) }, { held: [difference] });
    const now = { gateway: false, what: 'a TLS handshake with sip.example.com:5061 succeeds' };
    const message = 'status is DISABLED, declared ENABLED; written once a TLS handshake with sip.example.com:5061 succeeds';
    expect(find({ ...view, gap: now }, 'SettingsSynced')).toMatchObject({ reason: 'Activating', message });
  });

  it('of which nothing may be set at Meta speaks of that alone', () => {
    const types = conditionsOf({ ...goodNumber, routing: { kind: 'duplicate', of: 'o', field: 'phoneNumberID' } }).map(
      ({ type }) => type,
    );
    expect(types).toEqual(['Programmed', 'Ready', 'Stalled']);
  });
});

describe('a number whose destination Meta dials itself', () => {
  const direct = { hostname: 'pbx.example.net', certificate: { issuerRef: { name: 'ca' } } };
  const view: NumberView = {
    ...goodNumber,
    number: number('sales', '+15550001111', { spec: { direct } }),
    routing: { kind: 'direct' },
    certificate: yes('CertificateIssued', 'x'),
  };

  it('needs no proxy', () => {
    const bare = { ...view, wanted: undefined, applied: undefined, appliedKnown: false };
    expect(find(bare, 'Ready')).toMatchObject({
      status: 'True',
      message: 'Meta sends calls to +15550001111 to pbx.example.net itself',
    });
    expect(find(bare, 'Programmed')).toBeUndefined();
  });

  it('waits for the certificate that is made for it', () => {
    expect(find({ ...view, certificate: no('CertificatePending', 'x') }, 'Ready')).toMatchObject({
      reason: 'CertificatePending',
    });
  });
});

describe('right after a start of the operator', () => {
  const status = { conditions: conditionsOf(goodNumber) };
  const fresh = { ...goodNumber, outcome: undefined, reach: undefined, applied: undefined, appliedKnown: false };

  it.each<[string, NumberView]>([
    ['lacks nothing', goodNumber],
    [
      'lacks what is advice only',
      saying(judgeOnboarding(standing({ is_official_business_account: false, quality_rating: 'RED' }), NOW)),
    ],
    ['lacks advice and something real', saying(judgeOnboarding(standing({ quality_rating: 'RED', status: 'PENDING' }), NOW))],
    ['waits for a person', saying(judgeOnboarding(standing({ quality_rating: 'RED', status: 'BANNED' }), NOW))],
  ])('what the status says of a number that %s still holds, to the word', (_, view) => {
    const conditions = conditionsOf(view);
    const known = { ...fresh, number: { ...goodNumber.number, status: { conditions } } };
    expect(toConditions(judgeNumber(known), conditions, new Date(1e12))).toEqual(conditions);
  });

  it('what it says of another spec holds no more', () => {
    const metadata = { ...goodNumber.number.metadata, generation: 2 };
    expect(find({ ...fresh, number: { ...goodNumber.number, metadata, status } }, 'Ready')?.status).toBe('False');
  });

  it('nothing is claimed of a number that was never looked at', () => {
    const claims = conditionsOf(fresh)
      .filter(({ status: state }) => state === 'True')
      .map(({ type }) => type);
    expect(claims).toEqual(['Reconciling']);
  });
});

describe('the first thing that is missing', () => {
  const missing = (view: NumberView) => firstMissing(judgeNumber(view), view.number);
  const meta = (node: object, account: object = {}) => saying(judgeOnboarding(standing(node, account), NOW));

  it('is nothing for a number that has all', () => {
    expect(missing(goodNumber)).toBeUndefined();
  });

  it('is the first step of those without which there are no calls', () => {
    const lacking = meta({
      is_official_business_account: false,
      name_status: 'DECLINED',
      status: 'PENDING',
      quality_rating: 'RED',
    });
    expect(missing(lacking)).toMatch(/^Registered: Meta says: the number is PENDING\. You: register the number/);
  });

  it('is advice where nothing else is missing', () => {
    expect(missing(meta({ quality_rating: 'RED' }, { business_verification_status: 'pending' }))).toMatch(/^BusinessVerified: /);
  });

  it('is the webhooks only where they are asked for', () => {
    const view = saying({ WebhookSubscribed: advisory(no('NotSubscribed', 'why')) });
    expect(missing(view)).toBeUndefined();
    const asking = number('sales', '+15550001111', { spec: { webhook: {} } });
    expect(missing({ ...view, number: asking })).toBe('WebhookSubscribed: why');
  });

  it('is never what a number can do without for good', () => {
    expect(missing(meta({ is_official_business_account: false }))).toBeUndefined();
    expect(
      missing(saying({ Drifted: outcomes.drift.none, PasswordRotated: advisory(no('RotationWaits', 'x')) })),
    ).toBeUndefined();
  });

  it('is not what Meta does not say', () => {
    expect(missing(saying({ CodeVerified: unknown('NotShown', 'x') }))).toBeUndefined();
  });

  it('comes after the token', () => {
    const refused = outcomes.withToken(stalled('TokenRefused', 'why')).verdicts;
    expect(missing(saying({ ...judgeOnboarding(standing({ status: 'PENDING' }), NOW), ...refused }))).toBe(
      'CredentialsValid: why',
    );
  });
});
