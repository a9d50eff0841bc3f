// SPDX-License-Identifier: Apache-2.0
// Gateways, as in cases.ts.
import { CIDR, type Case, type Spec } from './case.ts';

const gateway = (what: string, change: Spec, refusal?: string): Case => ({
  kind: 'SipGateway',
  what,
  spec: { hostname: 'sip.example.com', certificate: { issuerRef: { name: 'ca' } }, ...change },
  ...(refusal ? { refusal } : {}),
});

const host = (value: unknown, refusal?: string): Case => gateway(`hostname ${String(value)}`, { hostname: value }, refusal);
const network = (value: string, refusal?: string): Case =>
  gateway(`network ${value}`, { access: { sourceNetworks: [value] } }, refusal);
const media = (change: Spec, refusal?: string): Case => gateway(`media pods with ${JSON.stringify(change)}`, { media: change }, refusal);
const tolerating = (toleration: Spec, refusal?: string): Case => media({ tolerations: [toleration] }, refusal);
const having = (cpu: unknown, refusal?: string): Case => media({ resources: { requests: { cpu } } }, refusal);

const DNS = 'hostname must be a full DNS name';

export const GATEWAY_CASES: readonly Case[] = [
  gateway('the smallest gateway', {}),
  gateway('a gateway with everything', {
    certificate: { issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
    proxy: {
      replicas: 3,
      resources: { requests: { cpu: 2, memory: '1Gi' } },
      nodeSelector: { 'trunkline.dev/pool': 'sip' },
      tolerations: [{ key: 'sip', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
      topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' }],
      priorityClassName: 'voice',
    },
    maxCalls: 500,
    media: { minPods: 2, maxPods: 20, callsPerPod: 200, freeCapacity: 40, scaleInAfter: '1h30m', drainTimeout: '90s' },
    access: { sourceNetworks: ['192.0.2.0/24', '198.51.100.0/24'] },
  }),
  host('a.b.example.com'),
  host('xn--caf-dma.example.com'),
  host('example', DNS),
  host('SIP.example.com', DNS),
  host('sip.example.com:5061', DNS),
  host('sip:sip.example.com', DNS),
  host('192.0.2.1', DNS),
  host('-a.example.com', DNS),
  host('', DNS),
  host(5, 'spec.hostname'),
  gateway('no hostname', { hostname: undefined }, 'hostname'),
  gateway('no issuer', { certificate: {} }, 'issuerRef'),
  gateway('an unknown kind of issuer', { certificate: { issuerRef: { name: 'ca', kind: 'Vault' } } }, 'kind'),
  gateway('an issuer name with a slash', { certificate: { issuerRef: { name: 'a/b' } } }, 'must be the name of an object'),
  gateway('no replicas', { proxy: { replicas: 0 } }, 'replicas'),
  gateway('half a replica', { proxy: { replicas: 1.5 } }, 'replicas'),
  gateway('21 replicas', { proxy: { replicas: 21 } }, 'replicas'),
  gateway('a HOMER', { homer: { address: '10.96.12.7', port: 9061 } }),
  gateway('a HOMER by its name', { homer: { address: 'homer.voice' } }, 'homer.address must be an IPv4 address'),
  gateway('an internal load balancer', { inside: { exposure: 'LoadBalancer', annotations: { internal: 'true' }, sourceRanges: ['10.20.0.0/16'], hostname: 'pbx.example.com' } }),
  gateway('a balancer of one’s own', { inside: { advertisedAddress: '10.20.0.5' } }),
  gateway('annotations of nothing', { inside: { annotations: { internal: 'true' } } }, 'inside.annotations goes with exposure LoadBalancer'),
  gateway('source ranges of nothing', { inside: { sourceRanges: ['10.20.0.0/16'] } }, 'inside.sourceRanges goes with exposure LoadBalancer'),
  gateway('the name that Meta dials as that of the inside', { inside: { hostname: 'sip.example.com' } }, 'inside.hostname must be another name than hostname'),
  gateway('two things to tell', { inside: { hostname: 'pbx.example.com', advertisedAddress: '10.20.0.5' } }, 'of inside.hostname and inside.advertisedAddress only one can be told'),
  gateway('an inside name with a port', { inside: { hostname: 'pbx.example.com:5060' } }, 'inside.hostname must be a full DNS name'),
  gateway('an inside address that is a name', { inside: { advertisedAddress: 'pbx' } }, 'inside.advertisedAddress must be an IPv4 address'),
  media({ minPods: 3, maxPods: 2 }, 'media.maxPods must not be below media.minPods'),
  media({ minPods: 11 }, 'media.maxPods must not be below media.minPods'),
  media({ maxPods: 101 }, 'maxPods'),
  media({ callsPerPod: 451 }, 'callsPerPod'),
  ...['0%', '99%', 0, 100_000].map((freeCapacity) => media({ freeCapacity })),
  ...['100%', '020%', '5', '-1%', -1, 100_001, ''].map((freeCapacity) => media({ freeCapacity }, 'freeCapacity must be a number of calls')),
  ...['1h', '1h30m', '10m5s', '0s'].map((scaleInAfter) => media({ scaleInAfter })),
  ...['10', '10 m', '1d', '5m1h', '1.5h'].map((drainTimeout) => media({ drainTimeout }, 'must be a time such as')),
  media({ drainTimeout: '' }, 'drainTimeout'),
  media({ exposure: 'HostNetwork', advertisedAddress: '203.0.113.7', ports: { from: 20_000, to: 20_407 } }),
  media({ exposure: 'NodePort' }, 'exposure'),
  media({ exposure: 'LoadBalancer', callsPerPod: 50 }),
  media({ exposure: 'LoadBalancer' }, 'media.callsPerPod must be at most 50 with exposure LoadBalancer'),
  media({ exposure: 'HostNetwork', advertisedAddress: 'media.example.com' }, 'media.advertisedAddress must be an IPv4 address'),
  ...[20_406, 19_000].map((to) => media({ ports: { from: 20_000, to } }, 'media.ports must have four ports for each')),
  media({ ports: { from: 9999 } }, 'from'),
  media({ advertisedAddress: '203.0.113.7', maxPods: 1 }),
  media({ advertisedAddress: '203.0.113.7' }, 'media.advertisedAddress goes with exposure HostNetwork'),
  media({ advertisedAddress: '203.0.113.7', exposure: 'LoadBalancer', callsPerPod: 5, maxPods: 1 }, 'media.advertisedAddress goes with exposure HostNetwork'),
  ...['2', '0.5', '.5', '500m', '1.5Gi', '100M', 2, 0].map((cpu) => having(cpu)),
  ...['', '-1', '1 Gi', '1g', 'two', '1e3', -1].map((cpu) => having(cpu, 'must be a quantity, such as')),
  having(1.5, 'cpu'),
  ...[{ operator: 'Exists' }, { key: 'voice', value: 'yes' }].map((toleration) => tolerating(toleration)),
  ...[{ value: 'yes' }, { key: 'voice', operator: 'Exists', value: 'yes' }].map((toleration) => tolerating(toleration, 'a toleration has a key')),
  tolerating({ key: 'voice', operator: 'Gt' }, 'operator'),
  tolerating({ key: 'voice', effect: 'NoSchedule', tolerationSeconds: 60 }, 'tolerationSeconds goes with effect NoExecute'),
  media({ nodeSelector: { pool: 'a b' } }, 'must be the value of a label'),
  media({ topologySpreadConstraints: [{ maxSkew: 1 }] }, 'topologyKey'),
  media({ priorityClassName: 'Voice' }, 'must be the name of an object'),
  gateway('no calls at all', { maxCalls: 0 }, 'maxCalls'),
  gateway('an empty list of networks', { access: { sourceNetworks: [] } }, 'sourceNetworks'),
  network('0.0.0.0/0'),
  network('192.0.2.1/32'),
  network('192.0.2.1', CIDR),
  network('192.0.2.0/33', CIDR),
  network('256.0.2.0/24', CIDR),
  network('2001:db8::/32', CIDR),
];
