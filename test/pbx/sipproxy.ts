// SPDX-License-Identifier: Apache-2.0
// A company's own SIP proxy: Kamailio with a configuration of somebody else's, as objects for the cluster.
import { buildOnePod, USER } from './onepod.ts';

export interface SipProxyOptions {
  namespace: string;
  name: string;
  image: string;
  /** All that Kamailio is to read. */
  config: string;
}

export const buildSipProxy = ({ namespace, name, image, config }: SipProxyOptions): object[] =>
  buildOnePod({ namespace, name, files: { 'kamailio.cfg': config }, podSpec: podSpec(name, image), protocol: 'TCP' });

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
