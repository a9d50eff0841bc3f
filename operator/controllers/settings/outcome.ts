// SPDX-License-Identifier: Apache-2.0
import { no, stalled, yes, type Verdict } from '../../api/conditions.ts';
import type { GraphError } from '../../meta/errors.ts';
import { describeDifferences, type Difference } from '../../meta/settings.ts';

/** What came of the last attempt to bring a number's settings at Meta to what is declared. */
export interface Outcome {
  credentials: Verdict | undefined;
  settings: Verdict;
}

const accepted = yes('TokenAccepted', 'Meta accepts the access token');

/** Why the token could not even be sent. Waits for a person, so it is not stalled. */
export const withoutToken = (verdict: Verdict): Outcome => ({
  credentials: verdict,
  settings: no(verdict.reason, 'settings at Meta wait for the access token'),
});

export const synced = (differencesPutRight: readonly Difference[]): Outcome => ({
  credentials: accepted,
  settings: yes(
    'SettingsApplied',
    differencesPutRight.length ? 'Meta’s settings were written and read back as declared' : 'Meta’s settings are as declared',
  ),
});

export const differing = (differences: readonly Difference[]): Outcome => ({
  credentials: accepted,
  settings: no('SettingsDiffer', `Meta took the settings, and reads back: ${describeDifferences(differences)}`),
});

export const waitingForGateway = (gateway: string): Outcome => ({
  credentials: accepted,
  settings: no('WaitingForGateway', `calling is switched on at Meta once gateway "${gateway}" can take calls`),
});

export const withoutPassword = (): Outcome => ({
  credentials: stalled(
    'PermissionMissing',
    'Meta shows no SIP password to this token: use one of the app that the SIP server belongs to, with whatsapp_business_management',
  ),
  settings: yes('SettingsApplied', 'Meta’s settings are as declared'),
});

export const secretRefused = (secret: string, why: string): Outcome => ({
  credentials: accepted,
  settings: stalled('ApplyFailed', `the SIP password cannot be kept: the API server refuses Secret "${secret}": ${why}`),
});

export const otherNumber = (shown: string, declared: string): Outcome => ({
  credentials: accepted,
  settings: stalled(
    'PhoneNumberDiffers',
    `Meta’s number for this phoneNumberID is ${shown}, declared is ${declared}: correct spec.phoneNumber or spec.phoneNumberID`,
  ),
});

/** The sentence for each way in which Meta can refuse; `previous` stays where the failure says nothing about it. */
export function failed(error: GraphError, previous: Outcome | undefined): Outcome {
  const meta = `Meta says: ${error.message}${error.code === undefined ? '' : ` (code ${error.code})`}`;
  switch (error.kind) {
    case 'token':
      return withToken(stalled('TokenRefused', `${meta}. Put a valid system user token into the Secret of spec.accessTokenRef`));
    case 'permission':
      return withToken(
        stalled('PermissionMissing', `${meta}. The token needs whatsapp_business_management for this number’s business account`),
      );
    case 'unknown':
      return {
        credentials: accepted,
        settings: stalled('NumberUnknownToMeta', `${meta}. Check spec.phoneNumberID, and that the token may see the number`),
      };
    case 'refused':
      return { credentials: accepted, settings: stalled('MetaRefused', meta) };
    case 'unavailable': {
      const verdict = no('MetaUnavailable', `${meta}. It is tried again; calls go on as before`);
      return { credentials: previous?.credentials, settings: verdict };
    }
  }
}

const withToken = (credentials: Verdict): Outcome => ({
  credentials,
  settings: { ...credentials, message: 'settings at Meta wait for a token that Meta accepts' },
});
