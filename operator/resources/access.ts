// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { names } from './names.ts';

/**
 * Identity of a gateway's proxies, which may read exactly two Secrets, its snapshot and its certificate, and the ConfigMaps that
 * announcements are in.
 */
export function buildAccess(gateway: SipGateway, announcements: readonly string[]) {
  const { name, namespace } = gateway.metadata;
  const metadata = gatewayMetadata(gateway, 'proxy', names.proxy(name));
  const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: [names.snapshot(name), names.certificate(name)],
        // A watch of one named object begins with a list of it, which RBAC judges by the same name.
        verbs: ['get', 'list', 'watch'],
      },
      // Without names this would be a right to all of them.
      ...(announcements.length > 0 ? [{ apiGroups: [''], resources: ['configmaps'], resourceNames: announcements, verbs: ['get'] }] : []),
    ],
  };
  const roleBinding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace }],
  };
  return { serviceAccount, role, roleBinding };
}
