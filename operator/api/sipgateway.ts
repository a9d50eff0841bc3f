// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { AGE_COLUMN, READY_COLUMN, STATE_COLUMN, type KindDefinition } from './group.ts';
import { duration } from './duration.ts';
import { podSettings } from './podsettings.ts';
import { checked, conditions, ipv4, network, objectName, objectSchema, observedGeneration, patternString } from './schema.ts';

const fullName = (field: string, description: string): z.ZodString =>
  patternString({
    description,
    pattern: '([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?',
    message: `${field} must be a full DNS name in lower case, such as "sip.example.com", without scheme or port`,
    maxLength: 253,
  });

export const hostname = fullName('hostname', 'The name that Meta dials on port 5061; the certificate is issued for it.');

export const issuerRef = z
  .object({
    name: objectName('Name of the issuer.'),
    kind: z.enum(['Issuer', 'ClusterIssuer']).default('Issuer').meta({ description: 'Kind of the issuer.' }),
  })
  .meta({ description: 'The cert-manager issuer that signs the certificate. Meta accepts public authorities only.' });

const certificate = z
  .object({
    issuerRef,
  })
  .meta({ description: 'The certificate that Meta sees.' });

const proxy = z
  .object({
    replicas: z.int().min(1).max(20).default(1).meta({ description: 'How many proxies serve the gateway.' }),
    ...podSettings('the SIP engine', { requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '768Mi' } }),
  })
  .prefault({})
  .meta({ description: 'The SIP proxies.' });

/** An agent can list fewer than 500 calls of one relay (media/rtpengine/control.ts), and there may be some too many. */
const MOST_PER_POD = 450;

const freeCapacity = checked(
  z.any(),
  {
    description: 'What is to be free for calls to come: calls, such as 40, or a share of the whole, such as "20%", below 100%.',
    'x-kubernetes-int-or-string': true,
  },
  {
    holds: (value: unknown) => (typeof value === 'number' ? Number.isInteger(value) && value >= 0 && value <= 100_000 : typeof value === 'string' && /^[1-9]?[0-9]%$/.test(value)),
    rule: "type(self) == int ? self >= 0 && self <= 100000 : self.matches(r'^[1-9]?[0-9]%$')",
    message: 'freeCapacity must be a number of calls, such as 40, or a share below 100%, such as "20%"',
  },
);

/** A relay takes two ports for each side of a call, one for RTP and one for RTCP. */
const PORTS_PER_CALL = 4;
/** Of calls that have just ended. */
const SPARE_PORTS = 8;

/** Calls of a media pod whose ports stand in a Service one by one. */
const MOST_BALANCED = 50;

/** Ports that a media pod needs. */
export const portsFor = (calls: number): number => PORTS_PER_CALL * calls + SPARE_PORTS;

/** Calls for which so many ports are enough. */
export const callsFor = (ports: number): number => Math.floor((ports - SPARE_PORTS) / PORTS_PER_CALL);

/** Above those for control and the rest. */
const port = z.int().min(10_000).max(65_535);

const ports = z
  .object({
    from: port.default(30_000).meta({ description: 'The first.' }),
    to: port.default(39_999).meta({ description: 'The last.' }),
  })
  .prefault({})
  .meta({ description: 'UDP ports for audio. A pod with an address of its own uses all of them; pods that share one have a part each, and behind a load balancer a pod uses as many as it needs.' });

const media = checked(
  z.object({
    minPods: z.int().min(1).max(100).default(1).meta({ description: 'The least media pods that take calls.' }),
    maxPods: z.int().min(1).max(100).default(10).meta({ description: 'The most media pods that take calls at once. Those that only keep the calls they have come on top.' }),
    callsPerPod: z.int().min(1).max(MOST_PER_POD).default(100).meta({ description: 'Calls that a media pod is given. One whose codec is changed counts as ten.' }),
    freeCapacity: freeCapacity.default('20%'),
    scaleInAfter: duration('So long less must have been enough before a media pod is taken out of use.').default('10m'),
    drainTimeout: duration('So long a media pod that is out of use waits for the end of its calls; then they are cut off.').default('4h'),
    exposure: z
      .enum(['Pod', 'HostNetwork', 'LoadBalancer'])
      .default('Pod')
      .meta({ description: 'How audio reaches a media pod. Pod: at the address of the pod. HostNetwork: at that of its node, whose ports it uses. LoadBalancer: at that of a Service of its own, which has each port one by one.' }),
    advertisedAddress: ipv4('media.advertisedAddress', 'Where Meta is told to send audio, whatever the pod: what is there passes the ports on as they are. Left out: by exposure.', '203.0.113.7').optional(),
    ports,
    ...podSettings('the media relay', { requests: { cpu: '250m', memory: '128Mi' }, limits: { memory: '1Gi' } }),
  }),
  { description: 'The media relays, of which there are as many as the calls need.' },
  {
    holds: ({ minPods, maxPods }) => minPods <= maxPods,
    rule: '!has(self.minPods) || !has(self.maxPods) || self.minPods <= self.maxPods',
    message: 'media.maxPods must not be below media.minPods',
  },
  {
    holds: ({ ports: { from, to }, callsPerPod }) => to - from + 1 >= portsFor(callsPerPod),
    rule: `!has(self.ports) || !has(self.ports.from) || !has(self.ports.to) || !has(self.callsPerPod) || self.ports.to - self.ports.from + 1 >= ${PORTS_PER_CALL} * self.callsPerPod + ${SPARE_PORTS}`,
    message: `media.ports must have four ports for each of media.callsPerPod, and ${SPARE_PORTS} more`,
  },
  {
    holds: ({ exposure, callsPerPod }) => exposure !== 'LoadBalancer' || callsPerPod <= MOST_BALANCED,
    rule: `!has(self.exposure) || self.exposure != 'LoadBalancer' || has(self.callsPerPod) && self.callsPerPod <= ${MOST_BALANCED}`,
    message: `media.callsPerPod must be at most ${MOST_BALANCED} with exposure LoadBalancer: a Service has no ranges of ports, so each is written down`,
  },
  {
    holds: ({ advertisedAddress, exposure, maxPods }) => advertisedAddress === undefined || exposure === 'HostNetwork' || (exposure === 'Pod' && maxPods === 1),
    rule: "!has(self.advertisedAddress) || self.exposure == 'HostNetwork' || self.exposure == 'Pod' && has(self.maxPods) && self.maxPods == 1",
    message: 'media.advertisedAddress goes with exposure HostNetwork, or with exposure Pod and maxPods 1: pods with an address of their own have the same ports, and nothing in front could tell them apart',
  },
).prefault({});

const inside = checked(
  z.object({
    exposure: z
      .enum(['Cluster', 'LoadBalancer'])
      .default('Cluster')
      .meta({ description: 'Where the Service NAME-inside, which leads to any of the proxies, is reached from. Cluster: from within the cluster. LoadBalancer: also at an address that a load balancer gives it.' }),
    annotations: z
      .record(z.string(), z.string().max(1024))
      .optional()
      .meta({ description: 'Annotations of that Service, by which load balancers are told what they are to be, such as an internal one.', maxProperties: 16 }),
    sourceRanges: z
      .array(network)
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Networks of your telephony, which alone reach that address, where the load balancer keeps to it. Left out: everybody does.', 'x-kubernetes-list-type': 'set' }),
    hostname: fullName('inside.hostname', 'A name of that address, put on the certificate too, so the issuer must be able to sign it. Telephony outside of the cluster is told it.').optional(),
    advertisedAddress: ipv4('inside.advertisedAddress', 'What telephony outside of the cluster is told in place of the load balancer’s address: what is there passes the ports 5060 and 5063 on to the proxies as they are.', '10.20.0.5').optional(),
  }),
  { description: 'How your telephony reaches the proxies.' },
  {
    holds: ({ annotations, exposure }) => annotations === undefined || exposure === 'LoadBalancer',
    rule: "!has(self.annotations) || has(self.exposure) && self.exposure == 'LoadBalancer'",
    message: 'inside.annotations goes with exposure LoadBalancer',
  },
  {
    holds: ({ sourceRanges, exposure }) => sourceRanges === undefined || exposure === 'LoadBalancer',
    rule: "!has(self.sourceRanges) || has(self.exposure) && self.exposure == 'LoadBalancer'",
    message: 'inside.sourceRanges goes with exposure LoadBalancer',
  },
  {
    holds: (value) => value.hostname === undefined || value.advertisedAddress === undefined,
    rule: '!has(self.hostname) || !has(self.advertisedAddress)',
    message: 'of inside.hostname and inside.advertisedAddress only one can be told: leave one out',
  },
).prefault({});

const access = z
  .object({
    sourceNetworks: z
      .array(network)
      .min(1)
      .max(256)
      .optional()
      .meta({
        description: 'Networks that calls may come from. Left out: the networks that Meta publishes for AS32934.',
        'x-kubernetes-list-type': 'set',
      }),
  })
  .optional()
  .meta({ description: 'Who may send calls.' });

const maxCalls = z
  .int()
  .min(1)
  .max(100_000)
  .optional()
  .meta({ description: 'The most calls that the gateway may have at once, of all numbers together; the next one hears busy. Left out: as many as the media pods have room for.' });

const homer = z
  .object({
    address: ipv4('homer.address', 'IPv4 address that takes HEP by UDP, such as that of a Service. A name would have to resolve before any media pod could start.', '10.96.12.7'),
    port: z.int().min(1).max(65_535).default(9060).meta({ description: 'Its port.' }),
  })
  .optional()
  .meta({ description: 'A HOMER that is sent the SIP of all calls, as traces show it, and the RTCP of both sides.' });

export const sipGatewaySpec = checked(
  z.object({ hostname, certificate, proxy, media, inside, maxCalls, access, homer }),
  { description: 'What the gateway is to be.' },
  {
    holds: (value) => value.inside.hostname !== value.hostname,
    rule: '!has(self.inside) || !has(self.inside.hostname) || self.inside.hostname != self.hostname',
    message: 'inside.hostname must be another name than hostname, which leads to the load balancer that Meta dials',
  },
);

const certificateStatus = z
  .object({
    serial: z.string().meta({ description: 'Serial number, in hexadecimal.' }),
    issuer: z.string().meta({ description: 'Who signed it.' }),
    notAfter: z.iso.datetime().meta({ description: 'When it expires.' }),
  })
  .optional()
  .meta({ description: 'The certificate issued last.' });

const proxyStatus = z
  .object({
    name: z.string().meta({ description: 'Name of the pod.' }),
    version: z.string().optional().meta({ description: 'Configuration version that its engine serves.' }),
    certificateSerial: z.string().optional().meta({ description: 'Serial of the certificate that its engine serves.' }),
    problem: z.string().optional().meta({ description: 'Why it does not serve the wanted version.' }),
  })
  .meta({ description: 'One proxy.' });

const mediaPodStatus = z
  .object({
    name: z.string().meta({ description: 'Name of the pod.' }),
    state: z.enum(['Starting', 'Ready', 'Draining', 'Empty', 'Failed']).meta({ description: 'Starting: not ready yet. Ready: takes calls. Draining: only keeps the calls it has. Empty: has none and gets none, and goes. Failed: cannot be relied on.' }),
    message: z.string().optional().meta({ description: 'Why, and what is waited for.' }),
    address: z.string().optional().meta({ description: 'Where Meta is told to send audio.' }),
    addressSource: z
      .enum(['Spec', 'LoadBalancer', 'NodeAnnotation', 'NodeExternalIP', 'Node', 'Pod'])
      .optional()
      .meta({ description: 'Where the address is from: spec.media.advertisedAddress, the load balancer of its Service, the annotation trunkline.dev/media-address of its node, the node’s ExternalIP, the node’s own address, or the pod’s.' }),
    calls: z.int().min(0).optional().meta({ description: 'Calls that it has. Left out where it does not tell.' }),
  })
  .meta({ description: 'One media pod.' });

const mediaStatus = z
  .object({
    summary: z.string().meta({ description: 'Pods by their state.' }),
    calls: z.int().min(0).meta({ description: 'Calls of all media pods, as far as they tell.' }),
    capacity: z.int().min(0).meta({ description: 'Calls that the pods which take calls may have.' }),
    neededPods: z.int().min(0).meta({ description: 'Pods that the calls of now and of the near future need.' }),
    pods: z
      .array(mediaPodStatus)
      .meta({ description: 'The media pods.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  })
  .optional()
  .meta({ description: 'The media relays.' });

export const sipGatewayStatus = z
  .object({
    observedGeneration,
    conditions,
    address: z.string().optional().meta({ description: 'Address that the hostname must point to.' }),
    insideAddress: z.string().optional().meta({ description: 'Where telephony outside of the cluster finds the proxies.' }),
    calls: z.string().optional().meta({ description: 'Calls at once, and the most that there may be, such as "12/500"; without a limit only "12". Left out where they cannot be counted.' }),
    certificate: certificateStatus,
    configuration: z
      .object({
        version: z.string().meta({ description: 'Version that every proxy is to serve.' }),
        numbers: z.int().min(0).meta({ description: 'Numbers in it.' }),
      })
      .optional()
      .meta({ description: 'The configuration made from the numbers and routes.' }),
    proxies: z
      .array(proxyStatus)
      .optional()
      .meta({
        description: 'The proxies and what each serves.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    media: mediaStatus,
  })
  .meta({ description: 'What the gateway is.' });

export const sipGateway = objectSchema('SipGateway', sipGatewaySpec, sipGatewayStatus);
export type SipGateway = z.infer<typeof sipGateway>;
export type SipGatewayStatus = z.infer<typeof sipGatewayStatus>;

export const sipGatewayDefinition: KindDefinition = {
  kind: 'SipGateway',
  plural: 'sipgateways',
  singular: 'sipgateway',
  shortName: 'sgw',
  description: 'The SIP proxies and media relays that Meta’s calls arrive at.',
  rules: [
    {
      rule: "self.metadata.name.matches(r'^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
      message:
        'the name of a SipGateway becomes part of Service and pod names: at most 40 lower-case letters, digits and dashes, beginning with a letter',
    },
  ],
  columns: [
    { name: 'Hostname', type: 'string', jsonPath: '.spec.hostname', description: 'The name that Meta dials.' },
    { name: 'Address', type: 'string', jsonPath: '.status.address', description: 'Where the name must point to.' },
    READY_COLUMN,
    STATE_COLUMN,
    { name: 'Calls', type: 'string', jsonPath: '.status.calls', description: 'Calls that it has, and the most that it may have.' },
    { name: 'Media', type: 'string', jsonPath: '.status.media.summary', description: 'Its media pods, by their state.' },
    {
      name: 'Version',
      type: 'string',
      jsonPath: '.status.configuration.version',
      description: 'Configuration version wanted.',
      priority: 1,
    },
    AGE_COLUMN,
  ],
};
