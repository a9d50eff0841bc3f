// SPDX-License-Identifier: Apache-2.0
// Who has which address. All are of RFC 2544's ranges for tests (198.18.0.0/15): nothing real can ever be hit.

/** A machine, as far as pods know machines. */
export interface NodePlace {
  name: string;
  address: string;
  podCIDR: string;
  /** Network namespace. */
  namespace: string;
  /** Ends the names of what each node has one of. */
  suffix: string;
}

/** The node that everything runs on, the control plane too. */
export const firstNode: NodePlace = { name: 'trunkline', address: '198.18.255.1', podCIDR: '198.18.1.0/24', namespace: 'trunkline-node', suffix: '' };
/** One for pods alone, where a test asks for it. Its way to everything leads by the first. */
export const secondNode: NodePlace = { name: 'trunkline-2', address: '198.18.255.2', podCIDR: '198.18.2.0/24', namespace: 'trunkline-node-2', suffix: '-2' };

export const worldNamespace = 'trunkline-world';
export const nodeAddress = firstNode.address;
export const clusterCIDR = '198.18.0.0/17';
export const serviceCIDR = '198.19.0.0/17';
/** First address of serviceCIDR: the API server takes it for the Service `kubernetes`. */
export const kubernetesServiceAddress = '198.19.0.1';
/** Load-balancer addresses are this with a last part of 1 to 254. */
export const loadBalancerPrefix = '198.19.200';

export const worldGateway = '198.19.255.1';
/** Meta: Graph over HTTPS, the SIP edge, and where its calls and media come from. */
export const metaAddress = '198.19.255.2';
/** Two hosts of the internet that are not Meta. */
export const strangerAddresses = ['198.19.255.3', '198.19.255.4', '198.19.255.5'];

export const apiServerURL = `https://${nodeAddress}:6443`;
/** Meta's public names that the cluster's DNS sends to the simulator. */
export const metaNames = ['graph.facebook.com', 'wa.meta.vc'];
