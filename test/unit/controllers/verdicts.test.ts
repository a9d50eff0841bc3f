// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { no, stalled, toConditions } from '../../../operator/api/conditions.ts';
import { REASONS } from '../../../operator/api/reasons.ts';
import { sipRoute } from '../../../operator/api/siproute.ts';
import { mediaStatus } from '../../../operator/controllers/gateway/media.ts';
import { judgeGateway, toDetails } from '../../../operator/controllers/gateway/verdicts.ts';
import type { GatewayView } from '../../../operator/controllers/gateway/view.ts';
import { judgeRoute } from '../../../operator/controllers/route/verdicts.ts';
import { toSnapshot } from '../../../operator/routing/snapshot.ts';
import { problemWith } from '../../../operator/controllers/route/announcements.ts';
import { gateway, mediaPod, pool, probed, route } from '../builders.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const snapshot = toSnapshot({ hostname: 'sip.example.com', sourceNetworks: [], media: [], numbers: [] });
const agent = { version: snapshot.version, wantedVersion: snapshot.version, revision: '7', certificateSerial: 'AB', problem: null };

const goodGateway: GatewayView = {
  gateway: gateway(),
  snapshot,
  revision: '7',
  withheld: undefined,
  certificate: { kind: 'issued', serial: 'AB', issuer: 'CA', notAfter: '2027-01-01T00:00:00Z' },
  address: '192.0.2.1',
  inside: { address: undefined, isAwaited: false },
  readyReplicas: 1,
  proxyTrouble: undefined,
  calls: 12,
  proxies: [{ name: 'p', ready: true, agent }],
  pool: pool(),
  refused: {},
};

const readyOf = (judgement: Parameters<typeof toConditions>[0]) =>
  toConditions(judgement, [], NOW).find(({ type }) => type === 'Ready');

describe('a gateway', () => {
  it('says where Meta is told an address that it cannot reach, and is ready all the same', () => {
    const hidden = { ...goodGateway, pool: pool([mediaPod(), mediaPod({ name: 'n', told: { address: '10.0.0.7', source: 'Pod' } })]) };
    const judgement = judgeGateway(hidden);
    expect(judgement.verdicts['MediaAddressed']).toMatchObject({ status: 'False', reason: 'AddressPrivate', message: expect.stringContaining('audio of n to 10.0.0.7, the address of the pod, which is a private address') });
    expect(readyOf(judgement)).toMatchObject({ status: 'True' });
    expect(judgeGateway(goodGateway).verdicts['MediaAddressed']).toMatchObject({ status: 'True', message: 'Meta is told to send audio to 203.0.113.1, the address of the pod' });
    expect(toDetails(hidden).media?.pods[1]).toMatchObject({ address: '10.0.0.7', addressSource: 'Pod' });
  });

  it('tells what keeps a pod from running, whether calls go on or not', () => {
    const trouble = 'no node takes it: 0/2 nodes are available';
    const stuck = mediaPod({ name: 'new', health: 'starting', isTakenIn: false, trouble });
    const messageOf = (change: Partial<GatewayView>, type: string) => judgeGateway({ ...goodGateway, ...change }).verdicts[type]?.message;
    expect(messageOf({ pool: pool([stuck]) }, 'MediaReady')).toBe(`no media pod takes calls yet: new, ${trouble}`);
    expect(messageOf({ pool: pool([mediaPod(), stuck]) }, 'MediaReady')).toBe(`media pod m relays at 203.0.113.1; new does not start: ${trouble}`);
    expect(toDetails({ ...goodGateway, pool: pool([stuck]) }).media?.pods[0]?.message).toBe(trouble);
    expect(messageOf({ proxyTrouble: `p: ${trouble}` }, 'ProxyReady')).toBe(`1 proxy ready; p: ${trouble}`);
    expect(messageOf({ readyReplicas: 0, proxyTrouble: `p: ${trouble}` }, 'ProxyReady')).toBe(`0 of 1 proxy ready; p: ${trouble}`);
  });

  it('shows its calls, and the most that it may have', () => {
    const limited = { ...goodGateway, gateway: gateway('default', { maxCalls: 500 }) };
    expect([goodGateway, limited, { ...goodGateway, calls: undefined }].map((view) => toDetails(view).calls)).toEqual(['12', '12/500', undefined]);
  });

  it('says where telephony outside of the cluster finds the proxies, where it is to', () => {
    expect(judgeGateway(goodGateway).verdicts).not.toHaveProperty('InsideAddressed');
    expect(toDetails(goodGateway)).not.toHaveProperty('insideAddress');
    const found = { ...goodGateway, inside: { address: '10.20.0.5', isAwaited: false } };
    expect(judgeGateway(found).verdicts['InsideAddressed']).toMatchObject({ status: 'True', message: 'telephony outside of the cluster finds the proxies at 10.20.0.5' });
    expect(toDetails(found).insideAddress).toBe('10.20.0.5');
    const awaited = judgeGateway({ ...goodGateway, inside: { address: 'pbx.example.com', isAwaited: true } });
    expect(awaited.verdicts['InsideAddressed']?.message).toBe('the Service default-inside has no load balancer with an IPv4 address or a name yet, so telephony outside of the cluster cannot call pbx.example.com');
  });

  it('is ready when certificate, address, media and proxies are there and every proxy serves the configuration', () => {
    expect(readyOf(judgeGateway(goodGateway))).toMatchObject({ status: 'True', message: 'sip.example.com takes calls for 0 numbers at 192.0.2.1' });
  });

  it.each<[string, Partial<GatewayView>, string]>([
    ['cert-manager is missing', { certificate: { kind: 'no-cert-manager' } }, 'CertManagerMissing'],
    ['the certificate is not signed', { certificate: { kind: 'pending', message: 'why' } }, 'CertificatePending'],
    ['the issuer refuses', { certificate: { kind: 'failed', message: 'why' } }, 'CertificateFailed'],
    ['no address was given', { address: undefined }, 'AddressPending'],
    ['the load balancer that your telephony calls gave no address', { inside: { address: undefined, isAwaited: true } }, 'AddressPending'],
    ['the media pods were not looked at yet', { pool: undefined }, 'MediaStarting'],
    ['there is no media pod', { pool: pool([]) }, 'MediaStarting'],
    ['no media pod takes calls', { pool: pool([mediaPod({ health: 'starting' }), mediaPod({ drain: { since: 0, reason: 'ScaleIn' } })]) }, 'MediaStarting'],
    ['a proxy is missing', { readyReplicas: 0 }, 'ProxyStarting'],
    ['a proxy serves another version', { proxies: [{ name: 'p', ready: true, agent: { ...agent, version: 'old' } }] }, 'Applying'],
    ['a proxy serves what is wanted, but may still take in an edit made before', { revision: '9' }, 'Applying'],
    ['the snapshot would take away what they serve', { withheld: no('Applying', 'why') }, 'Applying'],
    ['the snapshot is too large', { withheld: stalled('ConfigurationTooLarge', 'why') }, 'ConfigurationTooLarge'],
    ['a proxy does not answer', { proxies: [{ name: 'p', ready: true, agent: undefined }] }, 'Applying'],
    ['a proxy has a problem', { proxies: [{ name: 'p', ready: true, agent: { ...agent, problem: 'why' } }] }, 'ProxyRefused'],
    ['the API server refuses the Service', { refused: { AddressAssigned: 'quota' } }, 'ApplyFailed'],
  ])('says so when %s', (_, change, reason) => {
    expect(readyOf(judgeGateway({ ...goodGateway, ...change }))).toMatchObject({ status: 'False', reason });
  });

  it('goes by the version alone where an agent of an earlier release tells no revision', () => {
    const { revision: _, ...earlier } = agent;
    expect(readyOf(judgeGateway({ ...goodGateway, proxies: [{ name: 'p', ready: true, agent: earlier }] }))?.status).toBe('True');
  });

  it('does not wait for a proxy that is on its way in', () => {
    const starting = { name: 'q', ready: false, agent: undefined };
    expect(readyOf(judgeGateway({ ...goodGateway, proxies: [...goodGateway.proxies, starting] }))?.status).toBe('True');
  });
});

describe('a route', () => {
  const verdict = { served: ['sales'], missing: [], direct: [], lost: [], won: [] };
  const view = { route: route('r', ['sales'], 'sip:pbx'), verdict, waiting: [], appliedKnown: true, credentials: undefined, announcements: [], destinations: [] };

  it('is ready when all its numbers are served', () => {
    expect(readyOf(judgeRoute(view))).toMatchObject({ status: 'True', message: 'calls to "sales" go to sip:pbx' });
  });

  it('says of an outbound one who may call by which numbers', () => {
    const spec = { direction: 'Outbound', numbers: [{ name: 'sales' }], sources: { networks: ['10.0.0.0/8', '192.0.2.7/32'] }, match: { countries: ['GB'] } };
    const out = sipRoute.parse({ ...route('r', ['sales']), spec });
    expect(readyOf(judgeRoute({ ...view, route: out }))?.message).toBe('calls that match from 10.0.0.0/8, 192.0.2.7/32 go to WhatsApp users by "sales"');
  });

  it('names numbers that do not exist, those it lost, and those that wait', () => {
    expect(readyOf(judgeRoute({ ...view, verdict: { ...verdict, missing: ['ghost'] } }))).toMatchObject({ reason: 'NumberNotFound' });
    expect(readyOf(judgeRoute({ ...view, verdict: { ...verdict, lost: [{ number: 'sales', to: 'old' }] } }))).toMatchObject({ reason: 'Conflict' });
    const waiting = [{ number: 'sales', gateway: 'default', message: 'why' }];
    expect(readyOf(judgeRoute({ ...view, waiting }))).toMatchObject({ reason: 'NumberNotProgrammed', message: 'number "sales": why' });
  });

  it('names numbers whose calls Meta sends elsewhere itself', () => {
    expect(readyOf(judgeRoute({ ...view, verdict: { ...verdict, direct: ['desk'] } }))).toMatchObject({ reason: 'NumberDirect' });
  });

  it('says what a digest user’s password lacks, and who may call', () => {
    const credentials = no('SecretNotFound', 'Secret "desk" does not exist');
    expect(readyOf(judgeRoute({ ...view, credentials }))).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
    const sources = { networks: ['10.0.0.0/8'], users: [{ username: 'desk', passwordRef: { name: 's', key: 'k' } }] };
    const { destinations: _, ...spec } = view.route.spec;
    expect(judgeRoute({ ...view, route: { ...view.route, spec: { ...spec, direction: 'Outbound', sources } } }).summary).toContain('calls from 10.0.0.0/8 or by "desk" go to WhatsApp users');
  });

  it('says what is wrong with an announcement', () => {
    const announcements = [problemWith(undefined, 'closed', 'de.wav') ?? '', problemWith(undefined, 'other', 'a') ?? ''];
    expect(readyOf(judgeRoute({ ...view, announcements }))).toMatchObject({ status: 'False', reason: 'AnnouncementUnusable', message: expect.stringContaining('ConfigMap "closed" does not exist') });
    const withKey = (text: string) => problemWith({ binaryData: { a: Buffer.from(text).toString('base64') } }, 'c', 'a');
    expect(['RIFF\x24\0\0\0WAVEfmt ', 'OggS\0', 'fLaC\0', 'ID3\x03'].map(withKey)).toEqual([undefined, undefined, undefined, undefined]);
    expect(withKey('<html>')).toContain('is no audio that can be played');
    expect(problemWith({ binaryData: {} }, 'c', 'a')).toContain('has no key "a"');
  });

  it('names destinations that answer no probe, as advice', () => {
    const states = (...list: ('Up' | 'Down' | 'Unknown')[]) => judgeRoute({ ...view, destinations: list.map((state, i) => ({ ...probed, uri: `sip:d${i}`, state })) });
    expect(states('Up', 'Down').verdicts['DestinationsUp']).toMatchObject({ status: 'False', reason: 'DestinationDown', message: expect.stringContaining('sip:d1') });
    expect(readyOf(states('Up', 'Down'))?.status).toBe('True');
    expect(states('Up', 'Unknown').verdicts['DestinationsUp']).toMatchObject({ status: 'Unknown' });
    expect(states('Up').verdicts['DestinationsUp']).toMatchObject({ status: 'True' });
    expect(judgeRoute(view).verdicts['DestinationsUp']).toBeUndefined();
  });

  it('says in the winner which route is ignored', () => {
    const judgement = judgeRoute({ ...view, verdict: { ...verdict, won: [{ number: 'sales', from: 'young' }] } });
    expect(judgement.verdicts['Accepted']).toMatchObject({ status: 'True' });
    expect(judgement.verdicts['Accepted']?.message).toContain('"young"');
  });
});

describe('reasons', () => {
  it('each have a sentence', () => {
    for (const sentence of Object.values(REASONS)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

describe('media pods in the status', () => {
  const since = Date.UTC(2026, 0, 1, 12);
  const draining = { drain: { since, reason: 'ScaleIn' as const }, isOffered: false, load: { calls: 3, units: 3 } };
  const messageOf = (...[change, isPaused]: [Parameters<typeof mediaPod>[0], boolean?]) => {
    const [only] = mediaStatus(pool([mediaPod(change)], { policy: { ...pool().policy, isPaused: isPaused ?? false } })).pods;
    return only?.message;
  };

  it('are told by their states, with all their calls and the room of those that take some', () => {
    const pods = [mediaPod({ name: 'b', load: { calls: 7, units: 16 } }), mediaPod({ name: 'a', ...draining }), mediaPod({ name: 'c', isTakenIn: false, load: undefined })];
    expect(mediaStatus(pool(pods, { needed: 2 }))).toMatchObject({ summary: '1 ready, 1 starting, 1 draining', calls: 10, capacity: 100, neededPods: 2, pods: [{ name: 'a', state: 'Draining', calls: 3 }, { name: 'b' }, { name: 'c', state: 'Starting' }] });
  });

  it.each<[string, Parameters<typeof messageOf>, string | undefined]>([
    ['that takes calls', [{}], undefined],
    ['that drains with calls', [{ ...draining, load: { calls: 2, units: 2, oldest: 1_767_268_800 } }], 'takes no new calls since 2026-01-01T12:00:00Z, as fewer media pods are enough; its oldest call began at 2026-01-01T12:00:00Z; calls that are left at 2026-01-01T16:00:00Z are cut off'],
    ['that drains', [draining], 'takes no new calls since 2026-01-01T12:00:00Z, as fewer media pods are enough; calls that are left at 2026-01-01T16:00:00Z are cut off'],
    ['that not every proxy has heard of', [{ ...draining, isOffered: true }], 'waits until every proxy has heard that it takes no new calls'],
    ['that somebody deletes', [{ ...draining, drain: undefined, health: 'leaving' }], 'is being deleted and waits for the end of its calls'],
    ['that proxies do not know', [{ isTakenIn: false }], 'waits until every proxy has taken it in, which each does at most every ten seconds'],
    ['that is out of date', [{ isCurrent: false }], 'is out of date, and drains when its turn has come'],
    ['that is out of date and stays', [{ isCurrent: false }, true], 'is out of date, and stays while trunkline.dev/media-rollout is "paused"'],
    ['on a node that is emptied', [{ isCordoned: true }, true], 'is on a node that is to be emptied, and stays until another one takes calls in its place'],
    ['that failed', [{ health: 'unready' }], 'is not ready any more and gets no new calls'],
  ])('say of one %s what is waited for', (_, given, message) => {
    expect(messageOf(...given)).toBe(message);
  });
});
