// SPDX-License-Identifier: Apache-2.0
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import { ownedBy } from './build.ts';
import { names, numberLabels } from './names.ts';

/** Keys of the Secret that keeps Meta's SIP credentials of a number. */
export const SIP_PASSWORD_KEYS = { user: 'username', password: 'password' } as const;

/** The Secret that keeps the password Meta made for a number. */
export function buildSipPassword(number: WhatsAppNumber, user: string, password: string) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: names.sipPassword(number.metadata.name),
      namespace: number.metadata.namespace,
      labels: numberLabels('sip-password'),
      ownerReferences: ownedBy(number),
    },
    type: 'kubernetes.io/basic-auth',
    stringData: { [SIP_PASSWORD_KEYS.user]: user, [SIP_PASSWORD_KEYS.password]: password },
  };
}
