// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import type { Metadata } from '../api/schema.ts';
import { gatewayLabels, type Component } from './names.ts';

/** Settings of this installation that the objects we make depend on. */
export interface Installation {
  images: { trunkline: string; kamailio: string; rtpengine: string };
  /** Secrets with which the nodes pull the images. */
  pullSecrets: readonly string[];
  /** ConfigMap with the key ca.crt: authorities trusted beside the public ones; the hash is of its content. */
  extraCA: { configMap: string; hash: string } | undefined;
}

interface Owner {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
}

/** Where a pod's images may be pulled from. */
export const pullAccess = ({ pullSecrets }: Installation) =>
  pullSecrets.length > 0 ? { imagePullSecrets: pullSecrets.map((name) => ({ name })) } : {};

/** Ties an object's life to its owner. */
export const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: Owner) => [
  { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true },
];

/** Metadata of an object that a gateway owns. */
export const gatewayMetadata = (gateway: SipGateway, component: Component, name: string) => ({
  name,
  namespace: gateway.metadata.namespace,
  labels: gatewayLabels(component, gateway.metadata.name),
  ownerReferences: ownedBy(gateway),
});
