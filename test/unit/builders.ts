// SPDX-License-Identifier: Apache-2.0
// Objects for tests: valid ones, changed by what a test is about.
import { sipGateway, type SipGateway } from '../../operator/api/sipgateway.ts';
import { sipRoute, type SipRoute } from '../../operator/api/siproute.ts';
import { yes } from '../../operator/api/conditions.ts';
import { whatsAppNumber, type WhatsAppNumber } from '../../operator/api/whatsappnumber.ts';

import type { NumberView } from '../../operator/controllers/number/verdicts.ts';
import { drift, onlyServer, synced, type Outcome } from '../../operator/controllers/settings/outcome.ts';
import { judgeOnboarding, judgeToken, type Standing } from '../../operator/meta/onboarding.ts';
import { accountNode } from '../../operator/meta/account.ts';
import { numberNode } from '../../operator/meta/node.ts';
import { policyOf } from '../../operator/controllers/media/policy.ts';
import type { Pool } from '../../operator/controllers/shared/pools.ts';
import type { Destination, EntryRoute, MediaRelay } from '../../operator/routing/snapshot.ts';
import { tokenInfo } from '../../operator/meta/token.ts';

type Spec = Record<string, unknown>;

const metadata = (name: string, age: number) => ({
  name,
  namespace: 'voice',
  uid: `uid-${name}`,
  generation: 1,
  // The greater the age, the older.
  creationTimestamp: new Date(Date.UTC(2026, 0, 1) - age * 1000).toISOString(),
});

export const gateway = (name = 'default', spec: Spec = {}): SipGateway =>
  sipGateway.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipGateway',
    metadata: metadata(name, 0),
    spec: { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } }, ...spec },
  });

export interface NumberOptions {
  age?: number;
  spec?: Spec;
}

export const number = (name: string, phoneNumber: string, { age = 0, spec = {} }: NumberOptions = {}): WhatsAppNumber =>
  whatsAppNumber.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'WhatsAppNumber',
    metadata: metadata(name, age),
    spec: {
      phoneNumber,
      phoneNumberID: `9${phoneNumber.slice(1)}`,
      businessAccountID: '102290129340398',
      accessTokenRef: { name: 'meta', key: 'token' },
      ...spec,
    },
  });

/** What a route says of audio that says nothing. */
export const MEDIA: Destination['media'] = { encryption: 'None', codecs: ['Opus', 'PCMA', 'PCMU'], transcoding: 'Allowed' };

/** A destination of which a route says nothing but where it is. */
export const destination = (target: string, user: string | null = null): Destination => ({
  priority: 0,
  weight: 1,
  probe: false,
  target,
  user,
  maxCalls: null,
  plays: null,
  credentials: null,
  fromHost: 'Meta',
  headers: null,
  media: MEDIA,
});

/** A destination in a route's status that is probed. */
export const probed = { uri: 'sip:pbx', address: 'sip:pbx', fromHost: 'Meta', probe: 'Options', media: MEDIA } as const;

/** A route in a snapshot's entry, with one destination. */
export const goesTo = (target: string, user: string | null = null): EntryRoute => ({
  name: 'voice/sales',
  match: null,
  destinations: [destination(target, user)],
  failover: { on: ['Error', 'Unreachable'], ringSeconds: 20, withinSeconds: 30 },
});

export const route = (name: string, numbers: readonly string[], uri = 'sip:pbx.example.com', age = 0): SipRoute =>
  sipRoute.parse({
    apiVersion: 'trunkline.dev/v1alpha1',
    kind: 'SipRoute',
    metadata: metadata(name, age),
    spec: { numbers: numbers.map((each) => ({ name: each })), destinations: [{ uri }] },
  });

const ACCOUNT = '102290129340398';

/** GET /debug_token for a token that can do all. */
export const goodToken = {
  app_id: '700000000000001',
  is_valid: true,
  expires_at: 0,
  scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'],
  granular_scopes: [{ scope: 'whatsapp_business_management', target_ids: [ACCOUNT] }],
};

/** GET /{PNID} for a number that lacks nothing. */
export const goodNode = {
  display_phone_number: '+1 555-000-1111',
  verified_name: 'Example Ltd',
  status: 'CONNECTED',
  platform_type: 'CLOUD_API',
  code_verification_status: 'VERIFIED',
  name_status: 'APPROVED',
  quality_rating: 'GREEN',
  is_official_business_account: true,
  is_on_biz_app: false,
  account_mode: 'LIVE',
  whatsapp_business_manager_messaging_limit: 'TIER_10K',
  health_status: {
    can_send_message: 'AVAILABLE',
    entities: [
      { entity_type: 'PHONE_NUMBER', id: '915550001111', can_send_message: 'AVAILABLE', can_receive_call_sip: 'AVAILABLE' },
      { entity_type: 'WABA', id: ACCOUNT, can_send_message: 'AVAILABLE' },
      { entity_type: 'BUSINESS', id: '5', can_send_message: 'AVAILABLE' },
      { entity_type: 'APP', id: '700000000000001', can_send_message: 'AVAILABLE', can_receive_call_sip: 'AVAILABLE' },
    ],
  },
};

/** GET /{WABA} for an account that lacks nothing. */
export const goodAccount = {
  id: ACCOUNT,
  account_review_status: 'APPROVED',
  business_verification_status: 'verified',
  status: 'ACTIVE',
};

/** What Meta says of a number, changed by what a test is about. */
export const standing = (node: object = {}, account: object = {}): Standing => ({
  number: numberNode.parse({ ...goodNode, ...node }),
  account: accountNode.parse({ ...goodAccount, ...account }),
  restrictions: [],
});

const NOW = new Date('2026-06-15T10:00:00Z');

/** The outcome of a look that found nothing to do. */
export const goodOutcome: Outcome = {
  verdicts: {
    CredentialsValid: judgeToken(tokenInfo.parse({ data: goodToken }), ACCOUNT, NOW),
    ...judgeOnboarding(standing(), NOW),
    SettingsSynced: synced(false, []),
    Drifted: drift.none,
    OnlyServer: onlyServer,
    WebhookSubscribed: yes('Subscribed', 'the account’s webhooks go to the app, with all fields'),
  },
};

const entry = { digits: '15550001111', name: 'sales', ha1: 'x', maxCalls: null, outbound: null, routes: [goesTo('sip:pbx')] };

/** A number whose calls are served. */
export const goodNumber = {
  number: number('sales', '+15550001111'),
  routing: { kind: 'served', gateway: 'default', routes: ['r'] },
  outcome: goodOutcome,
  gap: undefined,
  reach: yes('Reachable', 'a TLS handshake succeeds'),
  certificate: undefined,
  wanted: entry,
  applied: entry,
  appliedKnown: true,
} satisfies NumberView;

/** A media relay in a snapshot. */
export const relay = (change: Partial<MediaRelay> = {}): MediaRelay => ({ name: 'default-media-00000a', id: '00000a', control: 'udp:10.0.0.1:2223', capacity: 100, takesCalls: true, ...change });

/** A media pod that takes calls. */
export const mediaPod = (change: Partial<Pool['pods'][number]> = {}): Pool['pods'][number] =>
  ({ name: 'm', createdAt: 0, isCurrent: true, isCordoned: false, isTakenIn: true, health: 'ready', drain: undefined, isOffered: true, load: { calls: 0, units: 0 }, told: { address: '203.0.113.1', source: 'Pod' }, trouble: undefined, ...change });

/** Media pods of a gateway that asks for nothing special. */
export const pool = (pods = [mediaPod()], change: Partial<Pool> = {}): Pool => ({ pods, policy: policyOf(gateway()), needed: 1, refusal: undefined, ...change });
