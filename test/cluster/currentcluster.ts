// SPDX-License-Identifier: Apache-2.0
import { clientsFor } from './clients.ts';
import { createIssuer } from './certmanager.ts';
import type { Cluster } from './cluster.ts';

/** Whether the user asks for the cluster that KUBECONFIG names. */
export const isCurrent = (): boolean => process.env['TRUNKLINE_CLUSTER'] === 'current';

/**
 * The cluster that KUBECONFIG names, as it is; nothing is built or started. Limits: kubectl and helm come from PATH;
 * cert-manager must run there already; images must be pullable there under their names; there is no world namespace, so
 * the caller's own network must reach pods and load-balancer addresses and be reached from pods, and its
 * DNS must send Meta's names to the simulator; components can be neither killed nor started.
 */
export async function currentCluster(): Promise<Cluster> {
  const kubeconfig = process.env['KUBECONFIG'];
  if (kubeconfig === undefined || kubeconfig === '') {
    throw new Error('TRUNKLINE_CLUSTER=current uses the cluster that KUBECONFIG names, and KUBECONFIG is not set.');
  }
  const clients = clientsFor({ kubeconfig, prefix: [] });
  await clients.kubectl(['get', '--raw', '/readyz']);
  const cannot = (what: string) => async () => {
    throw new Error(`${what} is possible only in the cluster that the tests make, not with TRUNKLINE_CLUSTER=current.`);
  };
  return {
    ...clients,
    kubeconfig,
    issuer: () => createIssuer(clients.kubectl),
    loadImage: async () => {},
    kill: cannot('Killing a component'),
    start: cannot('Starting a component'),
  };
}
