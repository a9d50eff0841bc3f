// SPDX-License-Identifier: Apache-2.0
import type { Clients } from './clients.ts';
import { until } from './wait.ts';

/** The ClusterIssuer that signs with a CA of the test's own. */
export const testIssuer = 'trunkline-test-ca';
const selfSigned = 'trunkline-test-selfsigned';
/** Where cert-manager keeps what belongs to ClusterIssuers. */
const namespace = 'cert-manager';
/** Without kubectl's own validation, which waits seconds for the schemas of kinds just made. */
const apply = ['apply', '--server-side', '--validate=false', '-f'];

type Kubectl = Clients['kubectl'];

/** Installs cert-manager's kinds; its controllers can start afterwards. */
export async function installCRDs(kubectl: Kubectl, folder: string): Promise<void> {
  await kubectl([...apply, folder]);
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', folder]);
}

/** Makes the ClusterIssuer that signs for itself and waits until the controllers say that it is ready. */
export async function waitForControllers(kubectl: Kubectl): Promise<void> {
  await kubectl([...apply, '-'], JSON.stringify(clusterIssuer(selfSigned, { selfSigned: {} })));
  await kubectl(['wait', '--for=condition=Ready', '--timeout=60s', `clusterissuer/${selfSigned}`]);
}

/**
 * Makes a root certificate and the ClusterIssuer `trunkline-test-ca` that signs with it, through
 * cert-manager. Gives the root as PEM. Does nothing where that exists already.
 */
export async function createIssuer(kubectl: Kubectl): Promise<string> {
  const root = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: testIssuer, namespace },
    spec: {
      isCA: true,
      commonName: 'Trunkline test root',
      secretName: testIssuer,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
      issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: selfSigned },
    },
  };
  const issuer = clusterIssuer(testIssuer, { ca: { secretName: testIssuer } });
  const list = { apiVersion: 'v1', kind: 'List', items: [root, issuer] };
  await kubectl([...apply, '-'], JSON.stringify(list));
  const ready = ['wait', '--for=condition=Ready', '--timeout=60s'];
  await kubectl([...ready, '--namespace', namespace, `certificate/${testIssuer}`]);
  await kubectl([...ready, `clusterissuer/${testIssuer}`]);
  const secret = ['get', 'secret', testIssuer, '--namespace', namespace];
  let pem = '';
  await until('the root certificate', 10, async () => {
    const encoded = await kubectl([...secret, '-o', String.raw`jsonpath={.data.tls\.crt}`]);
    pem = Buffer.from(encoded, 'base64').toString();
    return pem.startsWith('-----BEGIN CERTIFICATE-----');
  });
  return pem;
}

function clusterIssuer(name: string, spec: object): object {
  return { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name }, spec };
}
