// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { no, yes } from '../../../operator/api/conditions.ts';
import { whatsAppNumberStatus } from '../../../operator/api/whatsappnumber.ts';
import { toOutcome, type Facts } from '../../../operator/controllers/settings/facts.ts';
import * as outcomes from '../../../operator/controllers/settings/outcome.ts';
import { numberNode } from '../../../operator/meta/node.ts';
import { tokenInfo } from '../../../operator/meta/token.ts';
import { observe } from '../meta/calling/declared.ts';
import { goodNode, goodNumber, goodOutcome, goodToken } from '../builders.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
const node = numberNode.parse(goodNode);
const token = (more: object = {}) => tokenInfo.parse({ data: { ...goodToken, ...more } });
const look = (facts: Partial<Facts>, previous?: outcomes.Outcome) => toOutcome({ verdicts: {}, ...facts }, previous, NOW);
const difference = { field: 'status', member: 'status', wanted: 'ENABLED', found: 'DISABLED' } as const;

describe('the outcome of a look', () => {
  it('has what Meta says, in a form that the status takes', () => {
    const restrictions = [
      { type: 'RESTRICTED_USER_INITIATED_CALLING', reason: 'low pick-up', expiration: 1_790_000_000 },
      { type: 'X' },
    ];
    const { meta } = look({ token: token({ expires_at: 1_800_000_000 }), node, restrictions });
    expect(meta).toEqual({
      appID: '700000000000001',
      tokenExpires: '2027-01-15T08:00:00Z',
      verifiedName: 'Example Ltd',
      status: 'CONNECTED',
      qualityRating: 'GREEN',
      messagingLimit: 'TIER_10K',
      restrictions: [
        { type: 'RESTRICTED_USER_INITIATED_CALLING', reason: 'low pick-up', until: '2026-09-21T14:13:20Z' },
        { type: 'X' },
      ],
    });
    expect(whatsAppNumberStatus.parse({ observedGeneration: 1, conditions: [], meta }).meta).toEqual(meta);
  });

  it('has no end for a token that has none, and nothing that Meta does not say', () => {
    const bare = numberNode.parse({ display_phone_number: '+1 555' });
    expect(look({ token: token(), node: bare }).meta).toEqual({ appID: '700000000000001' });
  });

  it('keeps what it did not look at', () => {
    const previous = { ...goodOutcome, meta: { status: 'CONNECTED', qualityRating: 'GREEN' }, settings: { applied: 'mark' } };
    const after = look({ verdicts: { SettingsSynced: outcomes.differing([difference]) } }, previous);
    expect(after.meta).toEqual(previous.meta);
    expect(after.settings).toEqual({ applied: 'mark' });
    expect(after.verdicts.QualityGood).toEqual(goodOutcome.verdicts.QualityGood);
    expect(after.verdicts.SettingsSynced?.reason).toBe('SettingsDiffer');
  });

  it('speaks of a new password only where this look did', () => {
    const previous = { verdicts: { PasswordRotated: outcomes.rotating() } };
    expect(look({}, previous).verdicts.PasswordRotated).toBeUndefined();
    expect(look({ verdicts: previous.verdicts }, previous).verdicts.PasswordRotated).toBeDefined();
  });

  it('remembers an announcement as soon as it is uploaded, whatever became of the settings: it need not go twice', () => {
    const announcement = { fingerprint: 'f', mediaID: '5' };
    expect(look({ announcement }).settings).toEqual({ announcement });
    expect(look({ announcement }, { verdicts: {}, settings: { applied: 'mark' } }).settings).toEqual({
      applied: 'mark',
      announcement,
    });
    expect(look({}, { verdicts: {}, settings: { applied: 'mark', announcement } }).settings).toEqual({
      applied: 'mark',
      announcement,
    });
  });

  it('knows what was applied until that holds no more', () => {
    const previous = { verdicts: {}, settings: { applied: 'old' } };
    expect(look({ applied: 'new' }, previous).settings).toEqual({ applied: 'new' });
    expect(look({ applied: null }, previous).settings).toEqual({});
  });

  it('has what waits only while it waits', () => {
    expect(look({ held: [difference] }).held).toEqual([difference]);
    expect(look({ held: [] }, { verdicts: {}, held: [difference] }).held).toBeUndefined();
  });
});

describe('the next look', () => {
  const synced = { SettingsSynced: outcomes.synced(true, []) };
  it.each<[string, outcomes.MetaVerdicts, number | undefined]>([
    ['soon while Meta does not show what was written', { SettingsSynced: outcomes.differing([difference]) }, 10_000],
    ['soon while calls are not open yet', { ...synced, CallsReceivable: no('SipOff', 'x') }, 10_000],
    ['soon while the server is not known everywhere yet', { ...synced, CallsReceivable: no('SipServerMissing', 'x') }, 10_000],
    ['as usual once all is well', { ...synced, CallsReceivable: yes('CallsReceivable', 'x') }, undefined],
    ['as usual where health has another fault', { ...synced, CallsReceivable: no('Unhealthy', 'x') }, undefined],
    [
      'as usual where differences are left',
      { SettingsSynced: outcomes.left('Observing', [difference]), CallsReceivable: no('SipOff', 'x') },
      undefined,
    ],
    ['only after another token where Meta refuses this one', { CredentialsValid: no('TokenRefused', 'x') }, Infinity],
  ])('is %s', (_, verdicts, wait) => {
    expect(look({ verdicts }).recheckMs).toBe(wait);
  });
});

describe('verdicts', () => {
  it('without a password say why, by what Meta has', () => {
    const [off, on] = [observe({ status: 'DISABLED' }), observe({ status: 'ENABLED' })];
    const activating = outcomes.activating([difference], { gateway: false, what: 'x' });
    expect(outcomes.withoutPassword(activating, off)).toMatchObject({ reason: 'PasswordPending', stalled: true });
    expect(outcomes.withoutPassword(activating, on)).toMatchObject({ reason: 'TakesCallsElsewhere', stalled: true });
    expect(outcomes.withoutPassword(outcomes.synced(true, []), on)).toMatchObject({ reason: 'PermissionMissing', stalled: true });
    expect(outcomes.withoutPassword(outcomes.differing([difference]), on)).toMatchObject({ reason: 'SettingsDiffer' });
  });

  it('on a new password wait for calls to end, and for somebody who knows', () => {
    const { number } = goodNumber;
    expect(outcomes.rotationWaits(number, 0)).toBeUndefined();
    expect(outcomes.rotationWaits(number, 1)?.message).toContain('the number has 1 call;');
    expect(outcomes.rotationWaits(number, 2)?.message).toContain('the number has 2 calls;');
    expect(outcomes.rotationWaits(number, undefined)).toMatchObject({ reason: 'RotationWaits', advisory: true });
    const observed = { ...number, spec: { ...number.spec, management: 'Observe' as const } };
    expect(outcomes.rotationWaits(observed, 0)?.message).toContain('spec.management is Observe');
  });

  it('on servers of others name them, and the app that is ours', () => {
    const server = { hostname: 'sip.other.example', port: 5061, app_id: '42' };
    expect(outcomes.foreignServer([server], '7').message).toMatch(/sip\.other\.example:5061 of app 42, .* app 7 only$/);
  });
});
