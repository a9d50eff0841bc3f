// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { gatewayMetadata } from './build.ts';
import { names } from './names.ts';

/** Identity of a gateway's proxies, which may read exactly two Secrets: its snapshot and its certificate. */
export function buildAccess(gateway: SipGateway) {
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
