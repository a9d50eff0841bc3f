// SPDX-License-Identifier: Apache-2.0
// Where Meta dials for a number: its gateway, or a destination of its own.
import type { SipGateway } from '../../api/sipgateway.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { META_PORT } from '../../meta/calling/observed.ts';
import type { SipEndpoint } from '../../meta/calling/wanted.ts';

/** The SIP server for a number; undefined where its gateway does not exist. */
export function endpointOf({ spec }: WhatsAppNumber, gateway: SipGateway | undefined): SipEndpoint | undefined {
  const { keyExchange } = spec.calling;
  if (spec.direct) return { hostname: spec.direct.hostname, port: spec.direct.port, keyExchange };
  return gateway && { hostname: gateway.spec.hostname, port: META_PORT, keyExchange };
}

/** HOST:PORT, by which handshakes are known. */
export const endpointKey = ({ hostname, port }: Pick<SipEndpoint, 'hostname' | 'port'>): string => `${hostname}:${port}`;

export const gatewayEndpoint = ({ spec }: SipGateway): string => endpointKey({ hostname: spec.hostname, port: META_PORT });

export function splitEndpoint(key: string): { hostname: string; port: number } {
  const colon = key.lastIndexOf(':');
  return { hostname: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
