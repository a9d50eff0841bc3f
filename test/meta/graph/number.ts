// SPDX-License-Identifier: Apache-2.0
// A business phone number as Meta has it: what its node shows, its calling settings, its media.
import { randomBytes } from 'node:crypto';
import type { Consent, PermissionRequest } from './consent.ts';
import type { HealthIssue } from './health.ts';
import type { FeatureGroups, StoredCalling } from './settings/schema.ts';
import { SlidingWindow } from './window.ts';

export type MessagingLimit = 'TIER_250' | 'TIER_2K' | 'TIER_10K' | 'TIER_100K' | 'TIER_UNLIMITED' | 'UNTIERED';
export type NumberStatus = 'CONNECTED' | 'PENDING' | 'DISCONNECTED' | 'FLAGGED' | 'RESTRICTED' | 'RATE_LIMITED'
  | 'BANNED' | 'DELETED' | 'MIGRATED' | 'UNKNOWN' | 'LINKED';
export type PlatformType = 'CLOUD_API' | 'ON_PREMISE' | 'NOT_APPLICABLE';
export type CodeVerification = 'VERIFIED' | 'NOT_VERIFIED' | 'UNVERIFIED' | 'EXPIRED';
export type NameStatus = 'APPROVED' | 'AVAILABLE_WITHOUT_REVIEW' | 'DECLINED' | 'EXPIRED' | 'PENDING_REVIEW' | 'NONE';
export type Quality = 'GREEN' | 'YELLOW' | 'RED' | 'NA' | 'UNKNOWN';

export interface Restriction {
  /** The last one is what older text calls both at once. */
  readonly type: 'RESTRICTED_BUSINESS_INITIATED_CALLING' | 'RESTRICTED_USER_INITIATED_CALLING'
    | 'RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING';
  readonly reason: string;
  /** Unix seconds, UTC. */
  readonly expiration: number;
}

interface NumberIdentity {
  readonly phoneNumberID: string;
  /** E.164 with `+`. */
  readonly phoneNumber: string;
  readonly businessAccountID: string;
}

/** What may be otherwise at another number, or later. */
export interface NumberTraits {
  verifiedName: string;
  /** The number as people write it. */
  displayPhoneNumber: string;
  countryCode: string;
  numberStatus: NumberStatus;
  platformType: PlatformType;
  codeVerification: CodeVerification;
  nameStatus: NameStatus;
  newNameStatus: NameStatus;
  quality: Quality;
  official: boolean;
  /** Coexistence: the number lives in the WhatsApp Business app too. */
  onBizApp: boolean;
  throughput: 'STANDARD' | 'HIGH' | 'NOT_APPLICABLE';
  messagingLimit: MessagingLimit;
  accountMode: 'LIVE' | 'SANDBOX';
  /** Six digits of two-step verification; undefined until set. */
  pin: string | undefined;
  restrictions: readonly Restriction[];
  /** Further trouble that `health_status` shows for this number, its account, business or app. */
  healthIssues: readonly HealthIssue[];
  /** `calling.ip_addresses.default`; left out of reads while empty. */
  ipAddresses: readonly string[];
}

export type NumberInput = NumberIdentity & Partial<NumberTraits>;

/** The entry of one app in `sip.servers`. */
export interface SipServer {
  readonly appId: string;
  readonly hostname: string;
  readonly port: number;
  readonly requestUriUserParams: Readonly<Record<string, string>>;
  readonly password: string;
}

/** The settings document, apart from what Meta alone decides. */
export interface Settings {
  calling: StoredCalling;
  servers: readonly SipServer[];
  groups: FeatureGroups;
}

export interface WebhookOverride {
  readonly url: string;
  readonly verifyToken: string;
}

export interface Media {
  readonly type: string;
  readonly useCase: string | undefined;
  readonly bytes: number;
}

/** A number with its calling settings as they stand. */
export interface NumberState extends NumberIdentity, NumberTraits, Settings {
  /** Former settings that reads still show, oldest first: see the quirk `visibleAfterMs`. */
  formerSettings: readonly (Settings & { readonly shownUntil: number })[];
  webhookOverride: WebhookOverride | undefined;
  /** The code that went out by SMS or voice; undefined when none was asked for. */
  verificationCode: string | undefined;
  readonly media: Map<string, Media>;
  /** By the phone number of the user. */
  readonly consents: Map<string, Consent>;
  /** Messages that ask for a call permission, oldest first. */
  readonly permissionRequests: PermissionRequest[];
  /** Register and deregister requests, and until when (ms) further ones are refused. */
  readonly registration: { readonly attempts: SlidingWindow; blockedUntil: number };
  lastOnboarded: Date;
}

export const registrationWindowMs = 72 * 3_600_000;

/** A healthy number with calling off, unless `input` says otherwise. */
export function newNumber(input: NumberInput, now: number): NumberState {
  return {
    verifiedName: 'Example Ltd',
    displayPhoneNumber: display(input.phoneNumber),
    countryCode: 'US',
    numberStatus: 'CONNECTED',
    platformType: 'CLOUD_API',
    codeVerification: 'VERIFIED',
    nameStatus: 'APPROVED',
    newNameStatus: 'NONE',
    quality: 'GREEN',
    official: false,
    onBizApp: false,
    throughput: 'STANDARD',
    messagingLimit: 'TIER_2K',
    accountMode: 'LIVE',
    pin: undefined,
    restrictions: [],
    healthIssues: [],
    ipAddresses: [],
    ...input,
    calling: {},
    servers: [],
    groups: {},
    formerSettings: [],
    webhookOverride: undefined,
    verificationCode: undefined,
    media: new Map(),
    consents: new Map(),
    permissionRequests: [],
    registration: { attempts: new SlidingWindow(registrationWindowMs), blockedUntil: 0 },
    lastOnboarded: new Date(now),
  };
}

/** The restrictions that have not ended. `now` in milliseconds. */
export function restrictionsInForce(number: NumberState, now: number): readonly Restriction[] {
  return number.restrictions.filter((restriction) => restriction.expiration * 1000 > now);
}

/** Whether the number is at work on Cloud API. */
export function isRegistered(number: NumberState): boolean {
  return number.numberStatus === 'CONNECTED' && number.platformType === 'CLOUD_API';
}

/** A SIP password as Meta makes it: opaque, unique for number and app. */
export function newSipPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** As Meta shows numbers: `+1 555-000-1111`; other countries in groups of three. */
function display(phoneNumber: string): string {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phoneNumber);
  if (american) return `+1 ${american.slice(1).join('-')}`;
  const [, country = '', rest = ''] = /^\+(\d{2})(\d+)$/.exec(phoneNumber) ?? [];
  return country === '' ? phoneNumber : `+${country} ${rest.replace(/(\d{3})(?=\d)/g, '$1 ')}`;
}
