// SPDX-License-Identifier: Apache-2.0
// Command lines of the control plane; `pki` is the folder with its certificates.
import { join } from 'node:path';
import { nodeAddress, serviceCIDR } from './addresses.ts';

export interface EtcdPlace {
  binary: string;
  dataDir: string;
  clientPort: number;
  peerPort: number;
}

/** etcd that is reachable from this host only and does not wait for the disk. */
export function etcdCommand(etcd: EtcdPlace): string[] {
  const client = `http://127.0.0.1:${etcd.clientPort}`;
  const peer = `http://127.0.0.1:${etcd.peerPort}`;
  return [
    etcd.binary,
    `--data-dir=${etcd.dataDir}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export interface ApiServerPlace {
  binary: string;
  pki: string;
  address: string;
  port: number;
  etcdPort: number;
  /** File that gets a line for every request of a service account; none without it. */
  auditLog?: string;
}

export function apiServerCommand(server: ApiServerPlace): string[] {
  const file = (name: string): string => join(server.pki, name);
  return [
    server.binary,
    `--etcd-servers=http://127.0.0.1:${server.etcdPort}`,
    `--bind-address=${server.address}`,
    `--advertise-address=${server.address}`,
    `--secure-port=${server.port}`,
    `--service-cluster-ip-range=${serviceCIDR}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--admission-control-config-file=${file('admission.yaml')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--service-account-key-file=${file('service-accounts.pub')}`,
    `--service-account-signing-key-file=${file('service-accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
    `--kubelet-client-key=${file('kubelet-client.key')}`,
    // Else `exec` and `logs` try to resolve the node's name.
    '--kubelet-preferred-address-types=InternalIP',
    ...(server.auditLog ? [`--audit-policy-file=${file('audit.yaml')}`, `--audit-log-path=${server.auditLog}`] : []),
  ];
}

/** Who asked what, without what was said. */
export const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    userGroups: ['system:serviceaccounts']
  - level: None
`;

/** Every namespace enforces the restricted profile unless it asks for another by its labels. */
export const admissionConfiguration = `
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      defaults:
        enforce: restricted
        enforce-version: latest
`;

export function controllerManagerCommand(binary: string, pki: string, kubeconfig: string): string[] {
  const file = (name: string): string => join(pki, name);
  return [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    `--bind-address=${nodeAddress}`,
    // Else it takes four seconds to fetch the credentials of all its controllers.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    `--root-ca-file=${file('ca.crt')}`,
    `--service-account-private-key-file=${file('service-accounts.key')}`,
    `--cluster-signing-cert-file=${file('ca.crt')}`,
    `--cluster-signing-key-file=${file('ca.key')}`,
  ];
}

export function schedulerCommand(binary: string, kubeconfig: string): string[] {
  return [
    binary,
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    `--bind-address=${nodeAddress}`,
  ];
}
