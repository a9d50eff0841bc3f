// SPDX-License-Identifier: Apache-2.0
import type { SipGateway } from '../api/sipgateway.ts';
import { DOOR_KEY, type Door } from '../permission/contract.ts';
import type { Packed } from '../routing/packing.ts';
import { gatewayMetadata } from './build.ts';
import { names } from './names.ts';

/** The Secret by which a gateway's proxies learn what to do, and where they may ask. */
export function buildSnapshot(gateway: SipGateway, { data }: Packed, door: Door) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: gatewayMetadata(gateway, 'snapshot', names.snapshot(gateway.metadata.name)),
    type: 'trunkline.dev/snapshot',
    data: { ...data, [DOOR_KEY]: Buffer.from(JSON.stringify(door)).toString('base64') },
  };
}
