// SPDX-License-Identifier: Apache-2.0
// The Kamailio that was written by hand, as objects: what it is measured for, and nothing more.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { names, PORTS } from '../../operator/resources/names.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from '../../operator/resources/restricted.ts';
import { buildOnePod } from '../../test/pbx/onepod.ts';
import type { Callee } from './legs.ts';

export interface BareOptions extends Callee {
  namespace: string;
  name: string;
  /** Of our own proxies, so that both run the same Kamailio. */
  image: string;
  /** Address and length of the network that Meta calls from. */
  network: string;
  /** Address of the media pod that our own proxy asks too. */
  relay: string;
  /** Where the number's calls go. */
  destination: string;
}

const TLS = `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = /etc/bare-tls/tls.key
certificate = /etc/bare-tls/tls.crt
`;

/** The number with its route, as a person would write them down. */
function tables({ phoneNumber, hostname, password, relay, destination }: BareOptions): string {
  const digits = phoneNumber.replace('+', '');
  const ha1 = createHash('md5').update(`${digits}:${hostname}:${password}`).digest('hex');
  return `
modparam("rtpengine", "rtpengine_sock", "udp:${relay}:${PORTS.mediaControl}")
event_route[htable:mod-init] {
    $sht(ha1=>${digits}) = "${ha1}";
    $sht(routes=>${digits}) = "${destination}";
}
`;
}

/** It shows the certificate of the default gateway: to sign with another kind of key would cost another time. */
export function buildBare(options: BareOptions): object[] {
  const { namespace, name, image, hostname, network } = options;
  const files = {
    'kamailio.cfg': readFileSync(join(import.meta.dirname, 'kamailio.cfg'), 'utf8'),
    'tables.cfg': tables(options),
    'address.list': `1 ${network}\n`,
    'tls.cfg': TLS,
  };
  const podSpec = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: POD_SECURITY,
    hostAliases: [{ ip: '127.0.0.1', hostnames: [hostname] }],
    containers: [
      {
        name: 'kamailio',
        image,
        // With the allocator that is made for speed; the other one, which is Debian's choice, is made to find mistakes.
        command: ['kamailio', '-DD', '-E', '-x', 'fm', '-X', 'fm', '-m', '256', '-M', '16', '-Y', '/tmp', '-f', '/etc/bare/kamailio.cfg'],
        env: [
          { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'SIP_HOSTNAME', value: hostname },
        ],
        securityContext: CONTAINER_SECURITY,
        readinessProbe: { tcpSocket: { port: PORTS.meta }, periodSeconds: 1 },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/bare' },
          { name: 'tls', mountPath: '/etc/bare-tls' },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'tls', secret: { secretName: names.certificate('default') } },
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    ],
  };
  return buildOnePod({ namespace, name, files, podSpec, protocol: 'UDP' });
}
