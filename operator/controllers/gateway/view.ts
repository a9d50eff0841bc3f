// SPDX-License-Identifier: Apache-2.0
import type { AgentStatus } from '../../../media/agent/status.ts';
import type { Verdict } from '../../api/conditions.ts';
import type { SipGateway } from '../../api/sipgateway.ts';
import type { Snapshot } from '../../routing/snapshot.ts';
import type { Pool } from '../shared/pools.ts';

/** Everything that a gateway's conditions are judged from. */
export interface GatewayView {
  gateway: SipGateway;
  snapshot: Snapshot;
  /** The resourceVersion of the Secret that holds the snapshot; undefined where it could not be written. */
  revision: string | undefined;
  /** Why the snapshot was not put where the proxies find it. */
  withheld: Verdict | undefined;
  certificate: CertificateView;
  /** Address or name that the load balancer gave. */
  address: string | undefined;
  readyReplicas: number;
  /** How telephony outside of the cluster finds the proxies. */
  inside: { address: string | undefined; isAwaited: boolean };
  /** What keeps a proxy from running. */
  proxyTrouble: string | undefined;
  /** Calls of all numbers; undefined where that is not known. */
  calls: number | undefined;
  proxies: ProxyView[];
  /** The media pods; undefined until they were looked at. */
  pool: Pool | undefined;
  /** What the API server refused us, by the condition that it concerns. */
  refused: Partial<Record<GatewayCondition, string>>;
}

export type GatewayCondition = 'CertificateReady' | 'AddressAssigned' | 'InsideAddressed' | 'MediaReady' | 'MediaAddressed' | 'ProxyReady' | 'Programmed';

export type CertificateView =
  | { kind: 'issued'; serial: string; issuer: string; notAfter: string }
  | { kind: 'pending' | 'failed'; message: string }
  | { kind: 'unreadable'; message: string }
  | { kind: 'no-cert-manager' };

/** A proxy pod and what its agent says; undefined where the agent cannot be asked. */
export interface ProxyView {
  name: string;
  ready: boolean;
  agent: AgentStatus | undefined;
}
