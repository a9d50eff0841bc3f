// SPDX-License-Identifier: Apache-2.0
import { millisecondsOf } from '../api/duration.ts';
import { hashOf } from '../kube/objects.ts';
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata, pullAccess, type Installation } from './build.ts';
import { portsOf, rangeText, type MediaPorts } from './mediaports.ts';
import { AUDIO_ANNOTATION, BUSY_LABEL, EXPOSED_LABEL, gatewayLabels, names, SLOT_ANNOTATION, TEMPLATE_ANNOTATION } from './names.ts';
import { placement } from './placement.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from './restricted.ts';

/**
 * A media pod of a gateway: rtpengine on the pod's own address, or on its node's.
 * @param id six hexadecimal digits, by which proxies tell it from others
 * @param slot which part of the ports it has, where it shares its address with others
 */
export function buildMedia(gateway: SipGateway, installation: Installation, id: string, slot: number) {
  const ports = portsOf(gateway, slot);
  const spec = podSpec(gateway, installation, ports);
  const metadata = gatewayMetadata(gateway, 'media', names.media(gateway.metadata.name, id));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...BUSY.labels, ...exposed(gateway, id) },
      annotations: { [TEMPLATE_ANNOTATION]: mediaTemplateHash(gateway, installation), [SLOT_ANNOTATION]: String(slot), [AUDIO_ANNOTATION]: rangeText(ports), ...BUSY.annotations },
    },
    spec,
  };
}

const exposed = ({ spec: { media } }: SipGateway, id: string): Record<string, string> => (media.exposure === 'LoadBalancer' ? { [EXPOSED_LABEL]: id } : {});

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

/** Hash of the pod that would be made for a gateway now, whatever its slot; one with another hash is out of date. */
export const mediaTemplateHash = (gateway: SipGateway, installation: Installation): string => hashOf([podSpec(gateway, installation, portsOf(gateway, 0)), exposed(gateway, '')]);

/** How HOMER knows reports of media pods from messages of proxies. */
const HOMER_ID = 2;

const reports = ({ spec: { homer } }: SipGateway): string[] => (homer ? [`--homer=${homer.address}:${homer.port}`, '--homer-protocol=udp', `--homer-id=${HOMER_ID}`] : []);

/** By what calls need of it: see ping.pl. It gives up by itself after a second. */
const ping = ({ control }: MediaPorts) => ({ exec: { command: ['perl', '/etc/rtpengine/ping.pl', String(control)] }, timeoutSeconds: 2 });

function podSpec(gateway: SipGateway, installation: Installation, ports: MediaPorts) {
  const { media } = gateway.spec;
  return {
    ...pullAccess(installation),
    // Its ports are declared below, so that Kubernetes puts no two with the same ones on a node.
    ...(media.exposure === 'HostNetwork' ? { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } : {}),
    restartPolicy: 'Always',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: POD_SECURITY,
    ...placement(media, gatewayLabels('media', gateway.metadata.name)),
    terminationGracePeriodSeconds: Math.ceil(millisecondsOf(media.drainTimeout) / 1000),
    initContainers: [store(installation, ports)],
    containers: [
      {
        name: 'rtpengine',
        image: installation.images.rtpengine,
        args: [
          '--interface=$(POD_IP)',
          `--port-min=${ports.from}`,
          `--port-max=${ports.to}`,
          `--listen-ng=$(POD_IP):${ports.control}`,
          `--listen-http=$(POD_IP):${ports.http}`,
          `--redis=127.0.0.1:${ports.store}/0`,
          ...reports(gateway),
        ],
        env: [
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'STORE_PORT', value: String(ports.store) },
          { name: 'RTPENGINE_REDIS_AUTH_PW', ...PASSWORD },
        ],
        ports: [
          { name: 'control', containerPort: ports.control, protocol: 'UDP' },
          { name: 'http', containerPort: ports.http },
        ],
        // Whoever deletes the pod: the proxies give it no new calls then, and those that it has go on.
        lifecycle: { preStop: { exec: { command: ['perl', '/etc/rtpengine/wait.pl', String(ports.control)] } } },
        readinessProbe: { ...ping(ports), periodSeconds: 2 },
        // Late answers are no reason: a restart is heard. It must not wait for the end of calls, as the pod does when it goes.
        livenessProbe: { ...ping(ports), periodSeconds: 10, failureThreshold: 6, terminationGracePeriodSeconds: 5 },
        resources: media.resources,
        securityContext: CONTAINER_SECURITY,
      },
    ],
  };
}

/** Of the store, against mistakes: on a node's network others reach its loopback, too. */
const PASSWORD = { valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };

/** A sidecar: what the relay knows of its calls outlives its process here. */
const store = ({ images }: Installation, ports: MediaPorts) => ({
  name: 'store',
  image: images.rtpengine,
  restartPolicy: 'Always',
  command: ['valkey-server', '/etc/rtpengine/valkey.conf', '--port', String(ports.store), '--requirepass', '$(PASSWORD)'],
  env: [{ name: 'PASSWORD', ...PASSWORD }],
  ports: [{ name: 'store', containerPort: ports.store }],
  startupProbe: { exec: { command: ['valkey-cli', '-p', String(ports.store), 'ping'] }, periodSeconds: 1, failureThreshold: 30 },
  resources: { requests: { cpu: '10m', memory: '24Mi' }, limits: { memory: '128Mi' } },
  securityContext: CONTAINER_SECURITY,
});
