// SPDX-License-Identifier: Apache-2.0
// From what a look at Meta found to an outcome. Pure.
import { isoSeconds, type Verdict } from '../../api/conditions.ts';
import type { AccountNode } from '../../meta/account.ts';
import type { Difference } from '../../meta/calling/compare.ts';
import type { Restriction } from '../../meta/calling/observed.ts';
import type { NumberNode } from '../../meta/node.ts';
import { judgeOnboarding } from '../../meta/onboarding.ts';
import type { TokenInfo } from '../../meta/token.ts';
import type { Uploaded } from './announcement.ts';
import type { MetaVerdicts, Outcome } from './outcome.ts';
import { FORBIDDEN_RECHECK_MS } from './rest.ts';

/** Whatever a look has found so far; what is missing was not looked at. */
export interface Facts {
  token?: TokenInfo;
  node?: NumberNode;
  account?: AccountNode | undefined;
  restrictions?: readonly Restriction[];
  /** Verdicts that are more than a reading of the above. */
  verdicts: MetaVerdicts;
  /** Fingerprint of what Meta has read back in full; null where that holds no more. */
  applied?: string | null;
  announcement?: Uploaded | undefined;
  /** Differences that wait for the path behind the number. */
  held?: readonly Difference[];
}

/** Meta shows a change a little later than it takes it. */
const SOON_MS = 10_000;

/** The outcome of a look; what it did not look at stays as it was. */
export function toOutcome(facts: Facts, previous: Outcome | undefined, now: Date): Outcome {
  const { node, account, restrictions = [], held = [] } = facts;
  const onboarding = node && judgeOnboarding({ number: node, account, restrictions }, now);
  const verdicts: MetaVerdicts = { ...previous?.verdicts, ...onboarding, ...facts.verdicts };
  // There only while a new password is asked for.
  if (!facts.verdicts.PasswordRotated) delete verdicts.PasswordRotated;
  return {
    verdicts,
    ...(held.length > 0 ? { held } : {}),
    meta: { ...previous?.meta, ...metaOf(facts) },
    settings: settingsOf(facts, previous),
    ...recheck(verdicts),
  };
}

function settingsOf({ applied, announcement }: Facts, previous: Outcome | undefined): NonNullable<Outcome['settings']> {
  const { applied: before, ...rest } = { ...previous?.settings };
  const mark = applied === undefined ? before : (applied ?? undefined);
  return withoutUndefined({ ...rest, applied: mark, announcement: announcement ?? rest.announcement });
}

/** Soon where Meta is slow to show something; never where only another token helps. */
function recheck(verdicts: MetaVerdicts): { recheckMs?: number } {
  if (verdicts.CredentialsValid?.reason === 'TokenRefused') return { recheckMs: Infinity };
  // The right to hand a password over is given without our being told.
  if (verdicts.SettingsSynced?.reason === 'ApplyFailed') return { recheckMs: FORBIDDEN_RECHECK_MS };
  return isSoon(verdicts) ? { recheckMs: SOON_MS } : {};
}

/** Written and not shown yet, or shown and calls not open yet. */
function isSoon({ SettingsSynced: settings, CallsReceivable: calls }: MetaVerdicts): boolean {
  if (settings?.reason === 'SettingsDiffer') return true;
  return settings?.status === 'True' && isPending(calls);
}

const isPending = (calls: Verdict | undefined): boolean => calls?.reason === 'SipOff' || calls?.reason === 'SipServerMissing';

function metaOf({ token, node, restrictions }: Facts): NonNullable<Outcome['meta']> {
  return withoutUndefined({
    appID: token?.app_id,
    tokenExpires: token && token.expires_at > 0 ? isoDate(token.expires_at) : undefined,
    verifiedName: node?.verified_name,
    status: node?.status,
    qualityRating: node?.quality_rating,
    messagingLimit: node?.whatsapp_business_manager_messaging_limit,
    restrictions: restrictions?.map(({ type, reason, expiration }) =>
      withoutUndefined({ type, reason, until: expiration ? isoDate(expiration) : undefined }),
    ),
  });
}

/** What is not known must not look like a field that was taken away. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return JSON.parse(JSON.stringify(value));
}

const isoDate = (seconds: number): string => isoSeconds(new Date(seconds * 1000));
