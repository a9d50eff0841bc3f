// SPDX-License-Identifier: Apache-2.0
// Where the API serves the kinds that the controllers read and write.
import { GROUP, VERSION } from '../../api/group.ts';
import type { ResourceKind } from '../../kube/resource.ts';

const own = (kind: string, plural: string): ResourceKind => ({ group: GROUP, version: VERSION, plural, kind, namespaced: true });
const core = (kind: string, plural: string): ResourceKind => ({ group: '', version: 'v1', plural, kind, namespaced: true });
const rbac = (kind: string, plural: string): ResourceKind => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});
const certManager = (kind: string, plural: string): ResourceKind => ({
  group: 'cert-manager.io',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});

export const SIP_GATEWAY = own('SipGateway', 'sipgateways');
export const WHATSAPP_NUMBER = own('WhatsAppNumber', 'whatsappnumbers');
export const SIP_ROUTE = own('SipRoute', 'siproutes');
export const SECRET = core('Secret', 'secrets');
export const CONFIG_MAP = core('ConfigMap', 'configmaps');
export const POD = core('Pod', 'pods');
export const SERVICE = core('Service', 'services');
export const SERVICE_ACCOUNT = core('ServiceAccount', 'serviceaccounts');
export const ROLE = rbac('Role', 'roles');
export const ROLE_BINDING = rbac('RoleBinding', 'rolebindings');
export const DEPLOYMENT: ResourceKind = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true };
export const NODE: ResourceKind = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
export const POD_DISRUPTION_BUDGET: ResourceKind = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true };
export const NETWORK_POLICY: ResourceKind = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
};
export const CERTIFICATE = certManager('Certificate', 'certificates');
export const CERTIFICATE_REQUEST = certManager('CertificateRequest', 'certificaterequests');
