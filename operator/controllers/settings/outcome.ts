// SPDX-License-Identifier: Apache-2.0
// What came of a look at Meta, as verdicts. Pure.
import { advisory, no, stalled, yes, type Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber, WhatsAppNumberStatus } from '../../api/whatsappnumber.ts';
import { describeDifferences, stopsCalls, type Difference, type Observation } from '../../meta/calling/compare.ts';
import type { ObservedServer } from '../../meta/calling/observed.ts';
import type { GraphError } from '../../meta/errors.ts';
import type { OnboardingCondition } from '../../meta/onboarding.ts';
import { grants } from '../../resources/names.ts';

export type MetaCondition =
  | 'CredentialsValid'
  | OnboardingCondition
  | 'SettingsSynced'
  | 'Drifted'
  | 'OnlyServer'
  | 'WebhookSubscribed'
  | 'PasswordRotated';

export type MetaVerdicts = Partial<Record<MetaCondition, Verdict>>;

/** What is known of a number at Meta after a look. Conditions that are missing were not looked at. */
export interface Outcome {
  verdicts: MetaVerdicts;
  meta?: WhatsAppNumberStatus['meta'];
  settings?: WhatsAppNumberStatus['settings'];
  /** Differences that are written once the path behind the number answers. */
  held?: readonly Difference[];
  /** When to look again, where that is sooner than usual. */
  recheckMs?: number;
}

const waits = 'settings at Meta wait for a token that Meta accepts';

/** Why the token could not even be sent. Waits for a person, so it is not stalled. */
export const withoutToken = (verdict: Verdict): Outcome => ({
  verdicts: { CredentialsValid: verdict, SettingsSynced: no(verdict.reason, 'settings at Meta wait for the Secrets that the spec names') },
});

/** The token is no good; nothing else can be asked. */
export const withToken = (verdict: Verdict): Outcome => ({
  verdicts: { CredentialsValid: verdict, SettingsSynced: { ...verdict, message: waits } },
});

export const synced = (wrote: boolean, notes: readonly string[]): Verdict => {
  const message = wrote ? 'Meta’s settings were written and read back as declared' : 'Meta’s settings are as declared';
  return yes('SettingsApplied', [message, ...notes].join('; '));
};

export const differing = (differences: readonly Difference[]): Verdict =>
  no('SettingsDiffer', `Meta took the settings, and reads back: ${describeDifferences(differences)}`);

export const activating = (held: readonly Difference[], missing: { gateway: boolean; what: string }): Verdict =>
  no(missing.gateway ? 'WaitingForGateway' : 'Activating', `${describeDifferences(held)}; written once ${missing.what}`);

/** Differences that are left as they are. Ready waits for them only where they keep calls away. */
export function left(reason: 'Observing' | 'DriftLeft', differences: readonly Difference[]): Verdict {
  const why = reason === 'Observing' ? 'nothing is written, as spec.management is Observe' : 'left so, as spec.driftPolicy is Report';
  const verdict = no(reason, `${describeDifferences(differences)}; ${why}`);
  return differences.some(stopsCalls) ? verdict : advisory(verdict);
}

/** Condition Drifted is advice: whether calls work is told by the others. */
export const drift = {
  none: advisory(no('NoDrift', 'Meta has what was last applied')),
  left: (differences: readonly Difference[]): Verdict => drifted('DriftLeft', `${describeDifferences(differences)}; left so by the spec`),
  seen: (differences: readonly Difference[]): Verdict => drifted('DriftSeen', `${describeDifferences(differences)}; put right as soon as Meta takes it`),
  corrected: (differences: readonly Difference[], now: Date): Verdict =>
    advisory(no('DriftCorrected', `at ${now.toISOString().slice(0, 16)}Z ${describeDifferences(differences)}; put right`)),
};

const drifted = (reason: 'DriftLeft' | 'DriftSeen', message: string): Verdict => advisory(yes(reason, message));

/** Meta shows no password. While calling is off that may be for that reason. */
export function withoutPassword(settings: Verdict, { calling }: Observation): Verdict {
  // What was written is not shown yet, and neither is the password.
  if (settings.reason === 'SettingsDiffer') return settings;
  const waitsForPath = settings.reason === 'Activating' || settings.reason === 'WaitingForGateway';
  if (calling.status === 'ENABLED' && waitsForPath) {
    return stalled(
      'TakesCallsElsewhere',
      'the number takes calls elsewhere today, by another app’s SIP server or by the Graph API, and Meta gives us a password only once it has our server: ' +
        'end that use first, or set spec.calling.activation to Immediately, and calls come here from then on',
    );
  }
  if (waitsForPath) {
    return stalled(
      'PasswordPending',
      'Meta shows no SIP password while calling is off: set spec.calling.activation to Immediately, so that it is switched on first',
    );
  }
  return stalled(
    'PermissionMissing',
    'Meta shows no SIP password to this token: use one of the app that the SIP server belongs to, with whatsapp_business_management',
  );
}

/** Why a new password, asked for, is not made yet; undefined where it may be made. */
export function rotationWaits({ spec }: WhatsAppNumber, calls: number | undefined): Verdict | undefined {
  if (spec.management === 'Observe') return waiting('nothing is written, as spec.management is Observe');
  if (calls === undefined) return waiting('the proxies are asked how many calls the number has');
  return calls > 0 ? waiting(`the number has ${calls} ${calls === 1 ? 'call' : 'calls'}; the password is changed once it has none`) : undefined;
}

const waiting = (message: string): Verdict => advisory(no('RotationWaits', message));

export const rotating = (): Verdict =>
  advisory(no('PasswordRotating', 'Meta makes a new password; calls are taken again once every proxy has it'));

export const announcementMissing = (message: string): Verdict =>
  advisory(no('AnnouncementMissing', `${message}. All other settings are as declared`));

export const onlyServer: Verdict = yes('OnlyServer', 'Meta dials no other SIP server for the number');

export function foreignServer(foreign: readonly ObservedServer[], appID: string | undefined): Verdict {
  const list = foreign.map(({ hostname, port, app_id: app }) => `${hostname}:${port} of app ${app ?? 'unknown'}`).join(', ');
  return no(
    'ForeignServer',
    `Meta also dials ${list}, and a hang-up there ends calls here: remove it with a token of that app. The operator changes the server of app ${appID ?? 'unknown'} only`,
  );
}

export const unknownAccount = (accountID: string, error: GraphError): Verdict =>
  stalled('AccountUnknown', `Meta says: ${error.message}. Check spec.businessAccountID ${accountID}, and that the token may see the account`);

/** The note of an Event about a write. */
export const changeNote = (differences: readonly Difference[], isDrift: boolean): string =>
  isDrift ? `changed by somebody, put right: ${describeDifferences(differences)}` : `changed at Meta: ${describeDifferences(differences)}`;

export const secretRefused = (number: string, secret: string, why: string): Verdict =>
  stalled(
    'ApplyFailed',
    `the SIP password cannot be handed over: the API server refuses Secret "${secret}": ${why}. If it is a right that is missing, ${grants.directNumber(number)}`,
  );

export const otherNumber = (shown: string, declared: string): Verdict =>
  stalled(
    'PhoneNumberDiffers',
    `Meta’s number for this phoneNumberID is ${shown}, declared is ${declared}: correct spec.phoneNumber or spec.phoneNumberID`,
  );

/** The verdicts after a failure; what it says nothing about stays as it was. */
export function failed(error: GraphError, previous: Outcome | undefined): Outcome {
  const { kind, reason, sentence } = error;
  if (kind === 'token' || kind === 'permission') {
    const refused = withToken(stalled(reason, sentence));
    return { ...previous, verdicts: { ...previous?.verdicts, ...refused.verdicts } };
  }
  const passes = kind === 'unavailable' || kind === 'throttled';
  const settings = passes ? no(reason, sentence) : stalled(reason, sentence);
  return { ...previous, verdicts: { ...previous?.verdicts, SettingsSynced: settings } };
}
