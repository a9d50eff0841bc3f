// SPDX-License-Identifier: Apache-2.0
// A program of a company's own in the cluster: its files, one pod, and a name that resolves to the pod itself.

export interface OnePod {
  namespace: string;
  name: string;
  /** Its files, by their names; the pod mounts the ConfigMap, which has its name. */
  files: Readonly<Record<string, string>>;
  podSpec: object;
  protocol: 'UDP' | 'TCP';
}

/** User that it runs as. */
export const USER = 65532;

export function buildOnePod({ namespace, name, files, podSpec, protocol }: OnePod): object[] {
  const metadata = { name, namespace, labels: { app: name } };
  const template = { metadata: { labels: { app: name } }, spec: podSpec };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: files },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: { app: name } }, template } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None', selector: { app: name }, ports: [{ name: 'sip', port: 5060, protocol }] } },
  ];
}
