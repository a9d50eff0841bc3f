// SPDX-License-Identifier: Apache-2.0
import { ACCOUNT } from '../stage/meta.ts';
import type { Line } from './world.ts';

const API = 'trunkline.dev/v1alpha1';
type Spec = Record<string, unknown>;

export const secretManifest = (name: string, stringData: Record<string, string>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});

/** Whoever is not about the pool looks for one media pod, with room for all that tests do at once. */
export const ONE_POD = { maxPods: 1, callsPerPod: 450 };

export const gatewayManifest = (name: string, spec: Spec = {}): object => ({
  apiVersion: API,
  kind: 'SipGateway',
  metadata: { name },
  spec: {
    hostname: name === 'default' ? 'sip.example.com' : `${name}.example.com`,
    certificate: { issuerRef: { kind: 'ClusterIssuer', name: 'trunkline-test-ca' } },
    media: ONE_POD,
    ...spec,
  },
});

export const numberManifest = ({ name, phoneNumber, phoneNumberID }: Line, spec: Spec = {}): object => ({
  apiVersion: API,
  kind: 'WhatsAppNumber',
  metadata: { name },
  spec: { phoneNumber, phoneNumberID, businessAccountID: ACCOUNT, accessTokenRef: { name: 'meta', key: 'token' }, ...spec },
});

export const routeManifest = (name: string, numbers: readonly string[], uri: string): object => ({
  apiVersion: API,
  kind: 'SipRoute',
  metadata: { name },
  spec: { numbers: numbers.map((each) => ({ name: each })), destinations: [{ uri }] },
});
