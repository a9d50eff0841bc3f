// SPDX-License-Identifier: Apache-2.0
import { millisecondsOf } from '../api/duration.ts';
import { hashOf } from '../kube/objects.ts';
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata, pullAccess, type Installation } from './build.ts';
import { BUSY_LABEL, gatewayLabels, names, PORTS, TEMPLATE_ANNOTATION } from './names.ts';
import { placement } from './placement.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from './restricted.ts';

/**
 * A media pod of a gateway: rtpengine on the pod's own address.
 * @param id six hexadecimal digits, by which proxies tell it from others
 */
export function buildMedia(gateway: SipGateway, installation: Installation, id: string) {
  const spec = podSpec(gateway, installation);
  const metadata = gatewayMetadata(gateway, 'media', names.media(gateway.metadata.name, id));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...BUSY.labels },
      annotations: { [TEMPLATE_ANNOTATION]: hashOf(spec), ...BUSY.annotations },
    },
    spec,
  };
}

/** What tells others that calls live in a pod: the budget by the label, autoscalers of nodes by the annotations. */
export const BUSY = {
  labels: { [BUSY_LABEL]: 'true' },
  annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false', 'karpenter.sh/do-not-disrupt': 'true' },
};

/** And that none do. */
export const IDLE = {
  labels: { [BUSY_LABEL]: null },
  annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true', 'karpenter.sh/do-not-disrupt': null },
};

/** Hash of the pod that would be made for a gateway now; one with another hash is out of date. */
export const mediaTemplateHash = (gateway: SipGateway, installation: Installation): string => hashOf(podSpec(gateway, installation));

/** How HOMER knows reports of media pods from messages of proxies. */
const HOMER_ID = 2;

const reports = ({ spec: { homer } }: SipGateway): string[] => (homer ? [`--homer=${homer.address}:${homer.port}`, '--homer-protocol=udp', `--homer-id=${HOMER_ID}`] : []);

/** By what calls need of it: see ping.pl. It gives up by itself after a second. */
const PING = { exec: { command: ['perl', '/etc/rtpengine/ping.pl', String(PORTS.mediaControl)] }, timeoutSeconds: 2 };

function podSpec(gateway: SipGateway, installation: Installation) {
  const { media } = gateway.spec;
  return {
    ...pullAccess(installation),
    restartPolicy: 'Always',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...placement(media, gatewayLabels('media', gateway.metadata.name)),
    terminationGracePeriodSeconds: Math.ceil(millisecondsOf(media.drainTimeout) / 1000),
    initContainers: [store(installation)],
    containers: [
      {
        name: 'rtpengine',
        image: installation.images.rtpengine,
        args: [
          '--interface=$(POD_IP)',
          `--listen-ng=$(POD_IP):${PORTS.mediaControl}`,
          `--listen-http=$(POD_IP):${PORTS.mediaHttp}`,
          ...reports(gateway),
        ],
        env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        ports: [
          { name: 'control', containerPort: PORTS.mediaControl, protocol: 'UDP' },
          { name: 'http', containerPort: PORTS.mediaHttp },
        ],
        // Whoever deletes the pod: the proxies give it no new calls then, and those that it has go on.
        lifecycle: { preStop: { exec: { command: ['perl', '/etc/rtpengine/wait.pl', String(PORTS.mediaControl)] } } },
        readinessProbe: { ...PING, periodSeconds: 2 },
        livenessProbe: { ...PING, periodSeconds: 10 },
        resources: media.resources,
        securityContext: CONTAINER_SECURITY,
      },
    ],
  };
}

/** A sidecar: what the relay knows of its calls outlives its process here. */
const store = ({ images }: Installation) => ({
  name: 'store',
  image: images.rtpengine,
  restartPolicy: 'Always',
  command: ['valkey-server', '/etc/rtpengine/valkey.conf'],
  startupProbe: { exec: { command: ['valkey-cli', 'ping'] }, periodSeconds: 1, failureThreshold: 30 },
  resources: { requests: { cpu: '10m', memory: '24Mi' }, limits: { memory: '128Mi' } },
  securityContext: CONTAINER_SECURITY,
});
