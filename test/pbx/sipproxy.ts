// SPDX-License-Identifier: Apache-2.0
// A company's own SIP proxy: Kamailio with a configuration of somebody else's, as objects for the cluster.

export interface SipProxyOptions {
  namespace: string;
  name: string;
  image: string;
  /** All that Kamailio is to read. */
  config: string;
}

const USER = 65532;

/** One pod, and a name that resolves to the pod itself. */
export function buildSipProxy({ namespace, name, image, config }: SipProxyOptions): object[] {
  const metadata = { name, namespace, labels: { app: name } };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'kamailio.cfg': config } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: podSpec(name, image) },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { clusterIP: 'None', selector: { app: name }, ports: [{ name: 'sip', port: 5060, protocol: 'TCP' }] },
    },
  ];
}

const podSpec = (name: string, image: string): object => ({
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 1,
  securityContext: { runAsNonRoot: true, runAsUser: USER, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'kamailio',
      image,
      command: ['kamailio', '-DD', '-E', '-m', '32', '-M', '8', '-Y', '/tmp', '-f', '/etc/own/kamailio.cfg'],
      env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      readinessProbe: { tcpSocket: { port: 5060 }, periodSeconds: 1 },
      volumeMounts: [
        { name: 'config', mountPath: '/etc/own' },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    },
  ],
  volumes: [
    { name: 'config', configMap: { name } },
    { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
  ],
});
