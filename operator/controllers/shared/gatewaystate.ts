// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../../api/sipgateway.ts';

/** What a gateway's calls need; whether other numbers are being programmed meanwhile does not matter. */
const NEEDED = ['CertificateReady', 'AddressAssigned', 'ProxyReady', 'MediaReady'];

/** Whether a gateway can take calls for its present spec; readiness of an earlier one, such as another hostname, is none. */
export function canTakeCalls({ metadata, status }: SipGateway): boolean {
  const conditions = status?.conditions ?? [];
  return NEEDED.every((type) =>
    conditions.some((each) => each.type === type && each.status === 'True' && each.observedGeneration === metadata.generation),
  );
}
