// SPDX-License-Identifier: Apache-2.0
// The cluster's own certificates, made anew for each cluster with openssl.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '30'];

/** Makes `ca.crt` and `ca.key` in `folder`. */
export async function createCA(folder: string, commonName: string): Promise<void> {
  const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')];
  await run(['openssl', 'req', '-x509', ...newKey, ...files, '-subj', `/CN=${commonName}`]);
}

/** The key that signs service account tokens: `service-accounts.key` and `.pub`. */
export async function createServiceAccountKey(folder: string): Promise<void> {
  const key = join(folder, 'service-accounts.key');
  await run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]);
  await run(['openssl', 'ec', '-in', key, '-pubout', '-out', join(folder, 'service-accounts.pub')]);
}

export interface CertificateRequest {
  /** Kubernetes reads it as the user's name. */
  commonName: string;
  /** Kubernetes reads it as the user's group. */
  organization?: string;
  /** For servers: `IP:...` and `DNS:...`. */
  subjectAltNames?: readonly string[];
}

/** Makes `<name>.crt` and `<name>.key` in `folder`, signed by the CA there. */
export async function createCertificate(folder: string, name: string, request: CertificateRequest): Promise<void> {
  const { commonName, organization, subjectAltNames = [] } = request;
  const subject = `${organization === undefined ? '' : `/O=${organization}`}/CN=${commonName}`;
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'extendedKeyUsage=clientAuth,serverAuth',
    ...(subjectAltNames.length > 0 ? [`subjectAltName=${subjectAltNames.join(',')}`] : []),
  ];
  await run([
    'openssl', 'req', '-x509', ...newKey,
    '-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key'),
    '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`),
    '-subj', subject, ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
}

/** A kubeconfig at `path` for the user whose certificate is `<name>.crt` in the folder `pki`. */
export async function writeKubeconfig(path: string, server: string, user: { pki: string; name: string }): Promise<void> {
  const named = { name: 'trunkline' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': named.name,
    clusters: [{ ...named, cluster: { server, 'certificate-authority': join(user.pki, 'ca.crt') } }],
    contexts: [{ ...named, context: { cluster: named.name, user: user.name } }],
    users: [
      {
        name: user.name,
        user: {
          'client-certificate': join(user.pki, `${user.name}.crt`),
          'client-key': join(user.pki, `${user.name}.key`),
        },
      },
    ],
  };
  // JSON is YAML.
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
}
