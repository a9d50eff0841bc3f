// SPDX-License-Identifier: Apache-2.0
// A number whose destination Meta dials itself: certificate, settings and password are ours, the calls are not.
import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET } from '../../operator/controllers/shared/kinds.ts';
import { secret, textOf } from '../../operator/controllers/shared/observed.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from '../../operator/resources/restricted.ts';
import { apply } from '../stage/install.ts';
import { APP } from '../stage/meta.ts';
import { numberManifest, routeManifest } from './manifests.ts';
import { known, kubectl, read, remove, told } from './numbers.ts';
import { NAMESPACE, PBXS, theWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await theWorld();
});

/** A destination that Meta can dial: TLS with the certificate that was made for it. */
const SERVER = `
const { readFileSync } = require('node:fs');
const file = (name) => readFileSync('/tls/' + name);
require('node:tls').createServer({ cert: file('tls.crt'), key: file('tls.key') }, (socket) => socket.on('error', () => {}).resume()).listen(5061);
`;

const labels = { app: 'destination' };
const destination = (certificateSecret: string): object[] => [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'destination', labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: POD_SECURITY,
      containers: [
        {
          name: 'tls',
          image: world.images.trunkline,
          command: ['node', '-e', SERVER],
          securityContext: CONTAINER_SECURITY,
          volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }],
        },
      ],
      volumes: [{ name: 'tls', secret: { secretName: certificateSecret } }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'destination', annotations: { 'external-dns.alpha.kubernetes.io/hostname': 'direct.example.com' } },
    spec: { type: 'LoadBalancer', selector: labels, ports: [{ port: 5061 }] },
  },
];

describe('a number that Meta dials a destination for', () => {
  it('gets the destination’s certificate, its settings once that answers, and the password in a Secret', async () => {
    const number = known(world, 'direct');
    const issuerRef = { kind: 'ClusterIssuer', name: 'trunkline-test-ca' };
    const direct = { hostname: 'direct.example.com', certificate: { issuerRef } };
    await apply(world.cluster, [numberManifest(number, { direct, calling: { keyExchange: 'DTLS' } })], NAMESPACE);
    await told(world, 'wan', number.name, { type: 'CertificateReady' });
    expect(await told(world, 'wan', number.name, { type: 'Reachable', reason: 'Unreachable' })).toContain('direct.example.com');
    expect(world.meta.number(number.phoneNumberID).calling.status).not.toBe('ENABLED');
    const { status } = await read(world, number.name);
    await apply(world.cluster, destination(status?.direct?.certificateSecret ?? ''), NAMESPACE);
    expect(await told(world, 'wan', number.name, { type: 'Ready' })).toBe(`Meta sends calls to ${number.phoneNumber} to direct.example.com itself`);
    const { calling, servers } = world.meta.number(number.phoneNumberID);
    expect(calling).toMatchObject({ status: 'ENABLED', srtp_key_exchange_protocol: 'DTLS' });
    expect(servers).toMatchObject([{ appId: APP, hostname: 'direct.example.com', port: 5061 }]);
    const kept = secret.parse(await world.client.get(SECRET, { namespace: NAMESPACE, name: 'direct-sip' }));
    expect(textOf(kept, 'password')).toBe(world.meta.sipPassword(number.phoneNumberID, APP));
  });

  it('is no number that a route can serve, and the route says why', async () => {
    await apply(world.cluster, [routeManifest('direct', ['direct'], PBXS.beta.uri)], NAMESPACE);
    expect(await told(world, 'srt', 'direct', { type: 'ResolvedRefs', reason: 'NumberDirect' })).toContain('remove spec.direct there');
    await kubectl(world, 'delete', 'pod/destination', 'service/destination');
    await remove(world, 'direct');
  });
});
