// SPDX-License-Identifier: Apache-2.0
// Meta's error codes: what each means for us, and what its reader should do. One table, because conditions, documents and
// tests read it. Sources: Meta, Troubleshoot WhatsApp Calling Errors; Cloud API error codes; Graph API error handling.
import type { Reason } from '../api/reasons.ts';

/**
 * What a failed request means for us.
 * `token`, `invalid`: the same again cannot succeed before a person changes spec or Secret.
 * `permission`, `unknown`, `standing`: a person, or Meta, changes something there; looked at again in hours.
 * `throttled`: too much was asked, by us or others. `unavailable`: passes by itself.
 */
export type GraphErrorKind = 'token' | 'permission' | 'unknown' | 'invalid' | 'standing' | 'throttled' | 'unavailable';

export interface CodeEntry {
  kind: GraphErrorKind;
  reason: Reason;
  /** Who must do what, and where. */
  cure: string;
  /** For a limit of one number, user or call, which is nobody else's business: how long the number waits, in milliseconds. */
  restMs?: number;
}

const MANAGER = 'WhatsApp Manager (business.facebook.com/wa/manage)';

const entry = (kind: GraphErrorKind, reason: Reason, cure: string): CodeEntry => ({ kind, reason, cure });
const later = (cure: string): CodeEntry => entry('unavailable', 'MetaUnavailable', cure);
const throttled = (cure: string): CodeEntry => entry('throttled', 'MetaThrottled', cure);
const ownLimit = (cure: string): CodeEntry => ({ ...throttled(cure), restMs: 3_600_000 });
const refused = (cure: string): CodeEntry => entry('invalid', 'MetaRefused', cure);
const standing = (reason: Reason, cure: string): CodeEntry => entry('standing', reason, cure);

const PUT_TOKEN = 'Put a valid system user token into the Secret of spec.accessTokenRef; it is noticed at once';
const GIVE_SCOPE =
  'Give the system user the number’s business account and the scopes whatsapp_business_management and whatsapp_business_messaging ' +
  '(Business settings → Users → System users), then make a new token';
const AGAIN = 'It is tried again; calls go on as before';
const A_CALL = 'This speaks of one call and not of the settings';

export const CODES: Readonly<Record<number, CodeEntry>> = {
  // The token and what it may do
  0: entry('token', 'TokenRefused', PUT_TOKEN),
  102: entry('token', 'TokenRefused', PUT_TOKEN),
  190: entry('token', 'TokenRefused', PUT_TOKEN),
  3: entry('permission', 'PermissionMissing', `The app lacks a capability. ${GIVE_SCOPE}`),
  10: entry('permission', 'PermissionMissing', GIVE_SCOPE),
  131005: entry('permission', 'PermissionMissing', GIVE_SCOPE),

  // The request
  33: entry('unknown', 'NumberUnknownToMeta', 'Check spec.phoneNumberID, and that the token may see the number'),
  100: refused('Correct the setting that Meta names in spec.calling; it is not tried again before that'),
  131008: refused('Meta misses a value: correct the setting that it names in spec.calling'),
  131009: refused('Meta does not take a value: correct the setting that it names in spec.calling'),
  131030: refused('The recipient is not on the list of a test number: add it in the app’s dashboard, or use a number that is live'),
  131055: refused('The number’s calls come by SIP, and then Meta takes no calls by its Graph API: let no other program place them'),

  // Passing trouble
  1: later(AGAIN),
  2: later(AGAIN),
  131000: later(AGAIN),
  131016: later(AGAIN),
  131045: later(AGAIN),
  131057: later('The account is in maintenance at Meta. It is tried again; calls go on as before'),
  133000: later('An earlier deregistration is not complete yet. It is tried again'),
  133004: later('Meta’s registration is busy. It is tried again'),
  133015: later('The number was deleted a short while ago; Meta takes it again after five minutes. It is tried again'),
  138004: later(`The connection to the user failed. ${A_CALL}; the call may be placed again`),
  138007: later(`The user’s phone did not connect in time. ${A_CALL}; the call may be placed again`),

  // Too much
  4: throttled('The app has used up its requests. The operator waits and goes on by itself; does another program use the same app?'),
  17: throttled('Too many requests of this user. The operator waits and goes on by itself'),
  32: throttled('Too many requests of this page. The operator waits and goes on by itself'),
  613: ownLimit('Call permissions were read too often. The operator waits and goes on by itself'),
  80007: throttled(
    'The app has used up its requests for this business account. The operator waits as long as Meta says and goes on by itself; ' +
      'does another program use the same app?',
  ),
  80008: throttled('The app has used up its requests for this account. The operator waits and goes on by itself'),
  130429: ownLimit('Meta’s throughput limit is reached. The operator waits and goes on by itself'),
  131048: ownLimit('Meta holds back because of reports as spam. See the quality rating of the number; the operator waits'),
  131056: ownLimit('Too much was sent to one user. The operator waits and goes on by itself'),
  133016: ownLimit('The number was registered or deregistered ten times within 72 hours. Meta takes it again after 72 hours'),
  138002: ownLimit('The number has as many calls at the same time as Meta allows. It passes as calls end'),
  138005: ownLimit('Calls are placed faster than Meta allows for the number. It passes by itself'),
  138009: ownLimit('The user was asked for permission as often as Meta allows. Wait until Meta takes a request again'),
  138012: ownLimit('The user was called as often in 24 hours as Meta allows. Meta’s words say when the next call may be placed'),

  // How the account and the number stand with Meta
  368: standing('AccountRestricted', `Meta has blocked the account for breaches of its policy for a while. See ${MANAGER} → Account quality`),
  130497: standing('AccountRestricted', `The account may not reach users of this country. See ${MANAGER} → Account quality`),
  131031: standing('AccountRestricted', `Meta has locked the account. See ${MANAGER} → Account quality, and ask for a review there`),
  131042: standing('PaymentMissing', 'Add a payment method to the account (Business settings → Billing & payments)'),
  131044: standing('PaymentMissing', 'Add a payment method to the account (Business settings → Billing & payments): calls need one, also those of users'),
  138000: standing('CallingOff', 'Calling is off at Meta: see SettingsSynced for what keeps it off. The code comes with HTTP 401 and is no token problem'),
  138013: standing('CountryExcluded', 'Numbers of this country cannot call users (so far US, CA, EG, VN and NG). Calls from users work'),
  138014: standing('CallingPaused', `Meta has paused calling because of low quality. See ${MANAGER} → Account quality; it ends at the time given there`),
  138015: standing(
    'MessagingLimitTooLow',
    'Calling needs a messaging limit of 2000. Verify the business (Business settings → Security Center), or message 2000 users in 30 days at good quality',
  ),
  138018: standing('PrerequisiteMissing', 'Meta wants SIP set up, or an app subscribed to the webhook field calls. Set spec.calling.activation to Immediately if this stays'),

  // Registration
  133005: entry('invalid', 'PinRefused', `The PIN in the Secret of spec.registration.pinRef is wrong. Correct it, or reset it in ${MANAGER} → Phone numbers → Two-step verification`),
  133006: entry('invalid', 'CodeNotVerified', `Verify the number by the code that Meta sends (${MANAGER} → Phone numbers) before it can be registered`),
  133008: entry('standing', 'PinRefused', 'Too many wrong PINs: Meta’s words say how long it takes none. Correct the Secret of spec.registration.pinRef meanwhile'),
  133009: entry('standing', 'PinRefused', 'PINs were tried too fast: Meta’s words say how long it takes none'),
  133010: standing('NotRegistered', `The number is not registered with the Cloud API. Give spec.registration.pinRef, or register it in ${MANAGER} → Phone numbers`),
  2388001: entry('invalid', 'PinRefused', 'The number’s two-step verification or ownership stands in the way: switch two-step verification off where the number is now'),

  // Single calls
  138001: refused(`The user cannot take calls: an old app, or calls are not offered there. ${A_CALL}`),
  138003: refused(`There is a call between the two already. ${A_CALL}`),
  138006: refused(`The user has not permitted calls. ${A_CALL}; ask for permission first. The code comes with HTTP 401 and is no token problem`),
  138017: refused(`The user permits calls for good: nothing has to be asked. ${A_CALL}`),
  138019: refused(`The user’s phone could not set the call up. ${A_CALL}`),
  138020: refused(`Meta’s media relay could not be set up. ${A_CALL}`),
  138021: refused(`Meta received no media from our side in time. ${A_CALL}: see that UDP from the media pods to Meta is open`),
  138022: refused(`Meta could not send media to our side in time. ${A_CALL}: see that UDP from Meta to the media address is open`),
  138023: refused(`The call was accepted and no media came. ${A_CALL}: see that UDP is open both ways`),

  // Health status only
  138024: standing('SipOff', 'SIP is off for the number at Meta: see SettingsSynced for what keeps it off'),
  138025: standing('SipServerMissing', 'The token’s app has no SIP server on the number at Meta: see SettingsSynced, and use the token of one app only'),
  141002: standing('Unhealthy', 'A message template is not approved. Calls do not need one'),
};

/** The signature of requests, which Meta refuses with the code of any wrong parameter. */
export const PROOF_REFUSED = entry(
  'permission',
  'TokenRefused',
  'Requests are signed with the app’s secret: put the one of the token’s app (developers.facebook.com/apps → the app → Settings → Basic) ' +
    'into the Secret of spec.appSecretRef',
);

/** Permission errors come as a range. Source: Graph API error handling guide. */
const isPermission = (code: number): boolean => code >= 200 && code <= 299;

/** What is known of a code; undefined for one that no document names. */
export const entryOf = (code: number): CodeEntry | undefined => CODES[code] ?? (isPermission(code) ? CODES[10] : undefined);

/** The entry for an error with any code, or none. */
export function toEntry(code: number | undefined, status: number, transient: boolean): CodeEntry {
  const known = code === undefined ? undefined : entryOf(code);
  if (known && !(transient && known.kind === 'invalid')) return known;
  if (transient || status >= 500) return later(AGAIN);
  if (status === 429) return throttled('The operator waits and goes on by itself');
  if (code === undefined) return later(AGAIN);
  if (status === 401) return entry('token', 'TokenRefused', PUT_TOKEN);
  return refused('Do as Meta says; it is tried again after a change of the spec or the Secret');
}
