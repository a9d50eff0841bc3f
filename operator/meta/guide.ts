// SPDX-License-Identifier: Apache-2.0
// For each step on the way to a number that takes calls: who must act, what to do, where in Meta's pages, how long it usually
// takes. Conditions and documents say it in these words. Times are what providers tell their customers.
import type { Reason } from '../api/reasons.ts';

export interface Step {
  who: 'You' | 'Meta' | 'An administrator of the business';
  what: string;
  /** Where in Meta's pages; empty where there is nothing to do there. */
  where: string;
  usually: string;
}

const SETTINGS = 'business.facebook.com/settings';
const MANAGER = 'business.facebook.com/wa/manage';
const APPS = 'developers.facebook.com/apps';

const step = (who: Step['who'], what: string, where: string, usually: string): Step => ({ who, what, where, usually });

export const GUIDE = {
  TokenRefused: step('You', 'make a new token of a system user and put it into the Secret of spec.accessTokenRef', `${SETTINGS} → Users → System users`, 'minutes'),
  PermissionMissing: step(
    'An administrator of the business',
    'give the system user the business account and both scopes, whatsapp_business_management and whatsapp_business_messaging, and make a new token',
    `${SETTINGS} → Users → System users`,
    'minutes',
  ),
  AppNotLive: step('You', 'switch the app from development to live; until then Meta sends it no calls and holds webhooks back', `${APPS} → the app → App Mode`, 'minutes'),
  AccountInReview: step('Meta', 'reviews the business account', `${MANAGER} → Account tools`, 'one or two days'),
  AccountRejected: step('An administrator of the business', 'ask for another review of the business account', `${MANAGER} → Account quality`, 'days'),
  AccountRestricted: step('An administrator of the business', 'see what Meta objects to, mend it and ask for a review', `${MANAGER} → Account quality`, 'days'),
  BusinessNotVerified: step(
    'An administrator of the business',
    'verify the business; calls do not need it, a higher messaging limit does',
    `${SETTINGS} → Security Center`,
    'two days to two weeks',
  ),
  CodeNotVerified: step('You', 'verify the number by the code that Meta sends by SMS or call', `${MANAGER} → Phone numbers`, 'minutes'),
  OnPremises: step('You', 'move the number from the On-Premises API to the Cloud API', `${MANAGER} → Phone numbers`, 'an hour'),
  OnBusinessApp: step('You', 'take the number off the WhatsApp Business app: Meta offers no calls over SIP to a number on both', 'the app on the phone → Settings → Account', 'minutes'),
  NotRegistered: step('You', 'register the number: give its PIN in spec.registration.pinRef and the operator does it', `${MANAGER} → Phone numbers`, 'minutes'),
  NumberRestricted: step('An administrator of the business', 'see what Meta restricts and why', `${MANAGER} → Phone numbers`, 'hours to days'),
  NumberBanned: step('An administrator of the business', 'ask for a review of the ban', `${MANAGER} → Account quality`, 'days'),
  NumberGone: step('You', 'correct spec.phoneNumberID: this id is not in use any more', `${MANAGER} → Phone numbers`, 'minutes'),
  DisplayNameInReview: step('Meta', 'reviews the display name; calls work meanwhile', `${MANAGER} → Phone numbers`, 'up to two days'),
  DisplayNameDeclined: step('You', 'choose another display name; calls work meanwhile', `${MANAGER} → Phone numbers → Profile`, 'up to two days'),
  NotOfficial: step('You', 'apply for an official business account if you want the badge; calls do not need it', `${MANAGER} → Phone numbers → Profile`, 'weeks'),
  MessagingLimitTooLow: step(
    'An administrator of the business',
    'raise the messaging limit to 2000, which calling needs: verify the business, or message 2000 users in 30 days at good quality',
    `${SETTINGS} → Security Center`,
    'two days to two weeks',
  ),
  CallingRestricted: step('An administrator of the business', 'see why Meta restricts calling; it ends at the time given', `${MANAGER} → Account quality`, 'seven days'),
  QualityLow: step('You', 'find out what users report or block; a low rating ends in restrictions', `${MANAGER} → Insights`, 'a week of better traffic'),
} as const satisfies Partial<Record<Reason, Step>>;

export type GuidedReason = keyof typeof GUIDE;

/** Meta's words, then who must do what, where, and how long that usually takes. */
export function guided(reason: GuidedReason, metaSays: string): string {
  const { who, what, where, usually } = GUIDE[reason];
  return `Meta says: ${metaSays}. ${who}: ${what} (${where}). Usually takes ${usually}`;
}
