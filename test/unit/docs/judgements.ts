// SPDX-License-Identifier: Apache-2.0
// For each kind, judgements that between them use its conditions: good, waiting, and in need of a person.
import { no, stalled, type Judgement, type Verdict } from '../../../operator/api/conditions.ts';
import type { Reason } from '../../../operator/api/reasons.ts';
import { judgeGateway } from '../../../operator/controllers/gateway/verdicts.ts';
import { judgeNumber, type NumberView } from '../../../operator/controllers/number/verdicts.ts';
import { judgeRoute, type RouteView } from '../../../operator/controllers/route/verdicts.ts';
import * as outcomes from '../../../operator/controllers/settings/outcome.ts';
import type { MetaVerdicts } from '../../../operator/controllers/settings/outcome.ts';
import { CODES } from '../../../operator/meta/codes.ts';
import { GraphError } from '../../../operator/meta/errors.ts';
import { judgeOnboarding, judgeToken } from '../../../operator/meta/onboarding.ts';
import { tokenInfo } from '../../../operator/meta/token.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';
import { gateway, goodNumber, goodOutcome, goodToken, mediaPod, pool, probed, route, standing } from '../builders.ts';

const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers: [] });
const agent = { version: snapshot.version, wantedVersion: snapshot.version, certificateSerial: 'AB', problem: null };
const goodGateway = {
  gateway: gateway(),
  snapshot,
  revision: '7',
  withheld: undefined,
  address: '192.0.2.1',
  inside: { address: '10.20.0.5', isAwaited: false },
  readyReplicas: 1,
  proxyTrouble: undefined,
  calls: 0,
  refused: {},
  certificate: { kind: 'issued' as const, serial: 'AB', issuer: 'CA', notAfter: '2027-01-01T00:00:00Z' },
  proxies: [{ name: 'p', ready: true, agent }],
  pool: pool(),
};

/** As many as there may be, each with as many calls as it may have. */
const full = pool(Array.from({ length: 10 }, () => mediaPod({ load: { calls: 100, units: 100 } })), { needed: 10 });

const nothingYet = {
  certificate: { kind: 'no-cert-manager' as const },
  address: undefined,
  inside: { address: undefined, isAwaited: true },
  readyReplicas: 0,
  proxyTrouble: undefined,
  calls: undefined,
  proxies: [],
  pool: pool([]),
};

const difference = { field: 'status', member: 'status', wanted: 'ENABLED', found: 'DISABLED' } as const;
const refused = (reason: Reason, cure: string) =>
  new GraphError({ entry: { kind: 'standing', reason, cure }, status: 400, code: 1, message: 'words' });

/** What Meta may say of a number, its account and its token on the way to calls. */
const nodes: [node: object, account: object][] = [
  [{}, {}],
  [
    { status: 'PENDING', platform_type: 'NOT_APPLICABLE', code_verification_status: 'EXPIRED' },
    { account_review_status: 'PENDING' },
  ],
  [
    { status: 'BANNED', platform_type: 'ON_PREMISE' },
    { account_review_status: 'REJECTED', business_verification_status: 'failed' },
  ],
  [{ status: 'DELETED', is_on_biz_app: true, name_status: 'DECLINED' }, { status: 'DISABLED' }],
  [{ status: 'FLAGGED', name_status: 'PENDING_REVIEW', quality_rating: 'RED', is_official_business_account: false }, {}],
  [{ name_status: 'AVAILABLE_WITHOUT_REVIEW', quality_rating: 'NA', whatsapp_business_manager_messaging_limit: 'TIER_250' }, {}],
  [{ ...health('BLOCKED', 138024), name_status: undefined }, {}],
  [health('BLOCKED', 138025), {}],
  [health('BLOCKED', 141002), {}],
  [health('LIMITED'), {}],
  [health('BLOCKED', 200, 'APP'), {}],
];

function health(state: string, code?: number, type = 'PHONE_NUMBER'): object {
  const errors = code === undefined ? [] : [{ error_code: code, error_description: 'words', possible_solution: '' }];
  return { health_status: { entities: [{ entity_type: type, can_receive_call_sip: state, errors }] } };
}

const now = new Date('2026-06-15T10:00:00Z');
const soon = now.getTime() / 1000 + 3600;
const restriction = { type: 'RESTRICTED_USER_INITIATED_CALLING', expiration: soon };
const token = (more: object): Verdict => judgeToken(tokenInfo.parse({ data: { ...goodToken, ...more } }), '102290129340398', now);

/** What a look at Meta may come to, apart from onboarding. */
const found: MetaVerdicts[] = [
  { CredentialsValid: token({ is_valid: false }) },
  { CredentialsValid: token({ scopes: [] }) },
  { CredentialsValid: token({ expires_at: soon }) },
  outcomes.withoutToken(no('SecretNotFound', 'why')).verdicts,
  outcomes.withoutToken(no('KeyNotFound', 'why')).verdicts,
  outcomes.withoutToken(no('SecretForbidden', 'why')).verdicts,
  { SettingsSynced: outcomes.activating([difference], { gateway: true, what: 'x' }) },
  {
    SettingsSynced: outcomes.activating([difference], { gateway: false, what: 'x' }),
    Drifted: outcomes.drift.seen([difference]),
  },
  { SettingsSynced: outcomes.differing([difference]) },
  { SettingsSynced: outcomes.left('Observing', [difference]), Drifted: outcomes.drift.left([difference]) },
  { SettingsSynced: outcomes.left('DriftLeft', [difference]), Drifted: outcomes.drift.corrected([difference], now) },
  { SettingsSynced: outcomes.otherNumber('+1 555', '+1 556') },
  { SettingsSynced: outcomes.announcementMissing('why') },
  { SettingsSynced: outcomes.secretRefused('sales', 's', 'why') },
  { SettingsSynced: stalled('InvalidTimeZone', 'why') },
  { OnlyServer: outcomes.foreignServer([], '7') },
  { AccountApproved: outcomes.unknownAccount('1', refused('NumberUnknownToMeta', 'x')) },
  { WebhookSubscribed: no('NotSubscribed', 'why') },
  { WebhookSubscribed: no('FieldsMissing', 'why') },
  { PasswordRotated: outcomes.rotating() },
  { PasswordRotated: outcomes.rotationWaits(goodNumber.number, 1) ?? outcomes.rotating() },
];

const withVerdicts = (verdicts: MetaVerdicts): NumberView => ({
  ...goodNumber,
  outcome: { ...goodOutcome, verdicts: { ...goodOutcome.verdicts, ...verdicts } },
});

const ofNumbers: NumberView[] = [
  goodNumber,
  ...nodes.map(([node, account]) => withVerdicts(judgeOnboarding(standing(node, account), now))),
  withVerdicts(judgeOnboarding({ ...standing(), account: undefined, restrictions: [restriction] }, now)),
  ...found.map(withVerdicts),
  ...Object.values(CODES).map(({ reason, cure }) => ({
    ...goodNumber,
    outcome: outcomes.failed(refused(reason, cure), goodOutcome),
  })),
  { ...goodNumber, outcome: undefined, reach: undefined, routing: { kind: 'no-password', gateway: 'default' } },
  { ...goodNumber, reach: no('Unreachable', 'why'), applied: undefined },
  { ...goodNumber, routing: { kind: 'duplicate', of: 'older', field: 'phoneNumber' } },
  { ...goodNumber, routing: { kind: 'no-gateway', gateway: 'default' } },
  { ...goodNumber, routing: { kind: 'served', gateway: 'default', routes: [] } },
  { ...goodNumber, routing: { kind: 'direct' }, certificate: no('CertificatePending', 'why') },
];

const goodRoute: RouteView = {
  route: route('sales', ['sales']),
  waiting: [],
  credentials: undefined,
  announcements: [],
  destinations: [],
  appliedKnown: true,
  verdict: { served: ['sales'], missing: [], direct: [], lost: [], won: [] },
};

const nothingServed = { served: [], missing: [], direct: [], lost: [], won: [] };

export const judgements: Record<'sipgateway' | 'whatsappnumber' | 'siproute', Judgement[]> = {
  sipgateway: [judgeGateway(goodGateway), judgeGateway({ ...goodGateway, ...nothingYet }), judgeGateway({ ...goodGateway, pool: full })],
  whatsappnumber: ofNumbers.map(judgeNumber),
  siproute: [
    judgeRoute(goodRoute),
    ...(['Up', 'Down', 'Unknown'] as const).map((state) => judgeRoute({ ...goodRoute, destinations: [{ ...probed, state }] })),
    judgeRoute({ ...goodRoute, announcements: ['it is not there'] }),
    ...(['SecretNotFound', 'KeyNotFound', 'SecretForbidden', 'SecretInvalid'] as const).map((reason) => judgeRoute({ ...goodRoute, credentials: no(reason, 'why') })),
    judgeRoute({ ...goodRoute, verdict: { ...nothingServed, missing: ['sales'] } }),
    judgeRoute({ ...goodRoute, verdict: { ...nothingServed, direct: ['sales'] } }),
    judgeRoute({ ...goodRoute, verdict: { ...nothingServed, lost: [{ number: 'sales', to: 'older' }] } }),
  ],
};
