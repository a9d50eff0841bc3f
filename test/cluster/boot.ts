// SPDX-License-Identifier: Apache-2.0
// From nothing to a Ready node.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiServerURL, firstNode, kubernetesServiceAddress, metaNames, nodeAddress, type NodePlace } from './addresses.ts';
import {
  createCA, createCertificate, createServiceAccountKey, type CertificateRequest, writeKubeconfig,
} from './certificates.ts';
import { createCgroups } from './cgroups.ts';
import { installCRDs, waitForControllers } from './certmanager.ts';
import { type Component, kubeconfigOf, pki, startComponent, tidyImages } from './components.ts';
import { waitForContainerd } from './containerd.ts';
import { admissionConfiguration, auditPolicy } from './controlplane.ts';
import { writeDNSFiles } from './dns.ts';
import { type Clients, clientsFor } from './clients.ts';
import { loadImage } from './images.ts';
import { createNetworks, inNetns, worldNetns } from './netns.ts';
import { writeNodeFiles } from './node.ts';
import { run } from './run.ts';
import { adminKubeconfig, logsDir, type State } from './state.ts';
import { step } from './steps.ts';
import { until } from './wait.ts';

/** The users of the API server; each has a certificate and a kubeconfig of its name. */
const users: Readonly<Record<string, CertificateRequest>> = {
  admin: { commonName: 'admin', organization: 'system:masters' },
  'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
  'kube-scheduler': { commonName: 'system:kube-scheduler' },
  'kube-proxy': { commonName: 'system:kube-proxy' },
  kubelet: kubeletOf(firstNode),
};

/** A node as a user of the API server. */
export function kubeletOf({ name, address }: NodePlace): CertificateRequest {
  return { commonName: `system:node:${name}`, organization: 'system:nodes', subjectAltNames: [`IP:${address}`] };
}

/** Makes a user of the API server. */
export async function createUser(name: string, request: CertificateRequest): Promise<void> {
  await createCertificate(pki, name, request);
  await writeKubeconfig(kubeconfigOf(name), apiServerURL, { pki, name });
}

async function createCertificates(): Promise<void> {
  await mkdir(pki, { recursive: true });
  await createCA(pki, 'trunkline-cluster');
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const addresses = [nodeAddress, kubernetesServiceAddress, '127.0.0.1'];
  const subjectAltNames = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)];
  await Promise.all([
    createServiceAccountKey(pki),
    writeFile(join(pki, 'admission.yaml'), admissionConfiguration),
    writeFile(join(pki, 'audit.yaml'), auditPolicy),
    createCertificate(pki, 'apiserver', { commonName: 'kube-apiserver', subjectAltNames }),
    createCertificate(pki, 'kubelet-client', { commonName: 'kube-apiserver', organization: 'system:masters' }),
    ...Object.entries(users).map(([name, request]) => createUser(name, request)),
  ]);
}

/** Starts everything on a machine without a cluster; returns when pods, names and certificates work. */
export async function boot(state: State): Promise<void> {
  const { kubectl } = clientsFor({
    folder: state.binaries.clients,
    kubeconfig: adminKubeconfig,
    prefix: inNetns(worldNetns),
  });
  const start = async (...names: Component[]): Promise<void> => {
    for (const name of names) await startComponent(name, state);
  };
  await step('networks, certificates', async () => {
    await mkdir(logsDir, { recursive: true });
    await Promise.all([
      createNetworks(),
      createCgroups(firstNode),
      createCertificates(),
      writeNodeFiles(firstNode, pki, state.sandboxImage),
      writeDNSFiles(adminKubeconfig),
    ]);
  });
  await step('API server', async () => {
    await start('etcd', 'mounts', 'kube-apiserver');
    await tidyImages(firstNode);
    await start('containerd');
    await waitForContainerd(firstNode);
    await loadImage(firstNode, state.sandboxImage);
    await waitForApiServer(kubectl);
  });
  await start('kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns', 'cloud');
  await Promise.all([
    step('cert-manager', async () => {
      await installCRDs(kubectl, state.binaries.certManagerCRDs);
      await start('cert-manager');
      await waitForControllers(kubectl);
    }),
    step('DNS', waitForDNS),
    step('node', () => waitForNode(kubectl, firstNode)),
  ]);
}

export async function waitForApiServer(kubectl: Clients['kubectl']): Promise<void> {
  await until('the API server', 60, async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok');
}

async function waitForDNS(): Promise<void> {
  const probe = join(import.meta.dirname, 'dnsprobe.ts');
  const names = ['kubernetes.default.svc.cluster.local', ...metaNames];
  await run([...inNetns(worldNetns), process.execPath, probe, nodeAddress, '60', ...names]);
}

/** Ready, and a pod can be made: that needs the namespace's service account. */
export async function waitForNode(kubectl: Clients['kubectl'], { name }: NodePlace): Promise<void> {
  const ready = '{.status.conditions[?(@.type=="Ready")].status}';
  await until('the node to be Ready', 60, async () => {
    return (await kubectl(['get', 'node', name, '-o', `jsonpath=${ready}`])) === 'True';
  });
  await until('the default service account', 60, async () => {
    return (await kubectl(['get', 'serviceaccount', 'default', '-o', 'name'])) !== '';
  });
}
