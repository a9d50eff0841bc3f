// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata, pullAccess, type Installation } from './build.ts';
import { gatewayLabels, names, PORTS } from './names.ts';
import { placement } from './placement.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from './restricted.ts';

/** Folder that agent and engine share: tables, certificate, the engine's control files. Memory only, since it holds the key. */
const SHARED = '/run/trunkline';
const EXTRA_CA = '/etc/trunkline/extra-ca';
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Meta lets a call ring for 30 to 60 s. */
const DRAIN_SECONDS = 65;
const POD_IP = { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };

/**
 * The SIP proxies of a gateway: Kamailio, and the agent beside it that feeds it.
 * @param inside address of the Service by which the inside finds any of them
 */
export function buildProxy(gateway: SipGateway, installation: Installation, inside: string) {
  const { name } = gateway.metadata;
  const labels = gatewayLabels('proxy', name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: gatewayMetadata(gateway, 'proxy', names.proxy(name)),
    spec: {
      replicas: gateway.spec.proxy.replicas,
      selector: { matchLabels: labels },
      // A proxy goes only after another one serves in its place.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels, ...annotations(installation) }, spec: podSpec(gateway, installation, inside) },
    },
  };
}

/** Proxies read their authorities at start, so other ones mean other pods. */
const annotations = ({ extraCA }: Installation) =>
  extraCA ? { annotations: { 'trunkline.dev/extra-ca-hash': extraCA.hash } } : {};

function podSpec(gateway: SipGateway, installation: Installation, inside: string) {
  const { name } = gateway.metadata;
  return {
    ...pullAccess(installation),
    serviceAccountName: names.proxy(name),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    // Kamailio looks its advertised name up at start, and must start while the name is not in the DNS yet.
    hostAliases: [{ ip: '127.0.0.1', hostnames: [gateway.spec.hostname] }],
    terminationGracePeriodSeconds: DRAIN_SECONDS + 20,
    ...placement(gateway.spec.proxy, gatewayLabels('proxy', name)),
    initContainers: [agent(gateway, installation)],
    containers: [kamailio(gateway, installation, inside)],
    volumes: volumes(installation),
  };
}

/** A sidecar: it starts first, and the engine follows once there is something to serve. */
function agent(gateway: SipGateway, { images, extraCA }: Installation) {
  const { name, namespace } = gateway.metadata;
  return {
    name: 'agent',
    image: images.trunkline,
    restartPolicy: 'Always',
    command: ['node', '--max-old-space-size-percentage=75', '/app/agent.js'],
    env: [
      POD_IP,
      { name: 'NAMESPACE', value: namespace },
      { name: 'SNAPSHOT_SECRET', value: names.snapshot(name) },
      { name: 'CERTIFICATE_SECRET', value: names.certificate(name) },
      ...(extraCA ? [{ name: 'EXTRA_CA_FILE', value: `${EXTRA_CA}/ca.crt` }] : []),
    ],
    ports: [{ name: 'agent', containerPort: PORTS.agent }],
    startupProbe: { ...probe('/startz'), periodSeconds: 1, failureThreshold: 3600 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 2 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10 },
    resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '512Mi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: 'shared', mountPath: SHARED },
      { name: 'token', mountPath: TOKEN, readOnly: true },
      ...(extraCA ? [{ name: 'extra-ca', mountPath: EXTRA_CA, readOnly: true }] : []),
    ],
  };
}

/** The same for all proxies of a gateway for as long as it is there: a call outlives each of them, and any certificate. */
const topologyKey = ({ metadata: { uid } }: SipGateway): string => createHash('sha256').update(`topology ${uid}`).digest('hex').slice(0, 32);

const probe = (path: string) => ({ httpGet: { path, port: PORTS.agent } });

function kamailio(gateway: SipGateway, { images }: Installation, inside: string) {
  return {
    name: 'kamailio',
    image: images.kamailio,
    env: [POD_IP, { name: 'SIP_HOSTNAME', value: gateway.spec.hostname }, { name: 'TOPOLOGY_KEY', value: topologyKey(gateway) }, { name: 'INSIDE_ADDRESS', value: inside }],
    ports: [
      { name: 'sip-tls', containerPort: PORTS.meta },
      { name: 'sip-tcp', containerPort: PORTS.inside },
      { name: 'sip-udp', containerPort: PORTS.inside, protocol: 'UDP' },
      { name: 'sip-inside-tls', containerPort: PORTS.insideTls },
    ],
    livenessProbe: { tcpSocket: { port: PORTS.inside }, periodSeconds: 10 },
    // The address leaves the Service at once, and calls that ring are answered or given up before the engine stops.
    lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
    resources: gateway.spec.proxy.resources,
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: 'shared', mountPath: SHARED }],
  };
}

function volumes({ extraCA }: Installation) {
  return [
    { name: 'shared', emptyDir: { medium: 'Memory', sizeLimit: '128Mi' } },
    {
      // The agent's own token: the engine, which faces the internet, gets none.
      name: 'token',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    },
    ...(extraCA ? [{ name: 'extra-ca', configMap: { name: extraCA.configMap } }] : []),
  ];
}
