// SPDX-License-Identifier: Apache-2.0
import { getServers } from 'node:dns';
import type { Cluster } from '../cluster/cluster.ts';
import { startMeta, type Meta } from '../meta/meta.ts';

/** Where the simulated Meta lives in the world outside the cluster. */
export const META_ADDRESS = '198.19.255.2';
/** Somebody outside of every gateway's networks. */
export const STRANGER_ADDRESS = '198.19.255.3';

export const TOKEN = 'EXAMPLE-TOKEN';
export const APP = '700000000000001';
/** The business account of every number that names no other. */
export const ACCOUNT = '102290129340398';

/** A Meta that knows one app and its token; names are resolved as the cluster resolves them. */
export async function openMeta({ made }: Cluster, trust: string): Promise<Meta> {
  const [dnsServer = ''] = made ? [made.dnsServer] : getServers();
  const meta = await startMeta({ address: META_ADDRESS, dnsServer, trust });
  meta.addToken({ token: TOKEN, appId: APP, scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'] });
  return meta;
}
