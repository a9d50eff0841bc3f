// SPDX-License-Identifier: Apache-2.0
// For each kind, judgements that between them use its conditions: good, waiting, and in need of a person.
import type { Judgement } from '../../../operator/api/conditions.ts';
import { judgeGateway } from '../../../operator/controllers/gateway/verdicts.ts';
import { judgeNumber } from '../../../operator/controllers/number/verdicts.ts';
import { judgeRoute } from '../../../operator/controllers/route/verdicts.ts';
import { synced } from '../../../operator/controllers/settings/outcome.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';
import { gateway, number, route } from '../builders.ts';

const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers: [] });
const agent = { version: snapshot.version, wantedVersion: snapshot.version, certificateSerial: 'AB', problem: null };
const goodGateway = {
  gateway: gateway(),
  snapshot,
  address: '192.0.2.1',
  readyReplicas: 1,
  refused: {},
  certificate: { kind: 'issued' as const, serial: 'AB', issuer: 'CA', notAfter: '2027-01-01T00:00:00Z' },
  proxies: [{ name: 'p', ready: true, agent }],
  media: [{ name: 'm', createdAt: '', templateHash: 'x', state: 'ready' as const, calls: 0, offered: true, address: '192.0.2.2' }],
};

const nothingYet = {
  certificate: { kind: 'no-cert-manager' as const },
  address: undefined,
  readyReplicas: 0,
  proxies: [],
  media: [],
};

const entry = { digits: '15550001111', name: 'sales', ha1: 'h', destination: null };
const goodNumber = {
  number: number('sales', '+15550001111'),
  outcome: synced([]),
  wanted: entry,
  applied: entry,
  appliedKnown: true,
  routing: { kind: 'served' as const, gateway: 'default', route: 'sales' },
};

const goodRoute = {
  route: route('sales', ['sales']),
  waiting: [],
  appliedKnown: true,
  verdict: { served: ['sales'], missing: [], lost: [], won: [] },
};

const nothingServed = { served: [], missing: [], lost: [], won: [] };

export const judgements: Record<'sipgateway' | 'whatsappnumber' | 'siproute', Judgement[]> = {
  sipgateway: [
    judgeGateway(goodGateway),
    judgeGateway({ ...goodGateway, ...nothingYet }),
  ],
  whatsappnumber: [
    judgeNumber(goodNumber),
    judgeNumber({ ...goodNumber, outcome: undefined, routing: { kind: 'no-password', gateway: 'default' } }),
    judgeNumber({ ...goodNumber, routing: { kind: 'duplicate', of: 'older', field: 'phoneNumber' } }),
  ],
  siproute: [
    judgeRoute(goodRoute),
    judgeRoute({ ...goodRoute, verdict: { ...nothingServed, missing: ['sales'] } }),
    judgeRoute({ ...goodRoute, verdict: { ...nothingServed, lost: [{ number: 'sales', to: 'older' }] } }),
  ],
};
