// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cluster } from '../cluster/cluster.ts';
import type { Images } from './images.ts';

const chart = join(import.meta.dirname, '..', '..', 'charts', 'trunkline');

export interface InstallOptions {
  cluster: Cluster;
  namespace: string;
  images: Images;
  /** Authorities that the operator and the proxies trust beside the public ones. */
  extraCA: string;
  /** Values beside those; the chart's own where left out. */
  values?: object;
}

/** Makes a namespace that enforces the restricted profile. */
export async function createNamespace(cluster: Cluster, name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await apply(cluster, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
}

export async function apply(cluster: Cluster, objects: readonly object[], namespace?: string): Promise<void> {
  const items = { apiVersion: 'v1', kind: 'List', items: objects };
  await cluster.kubectl([...(namespace ? ['-n', namespace] : []), 'apply', '-f', '-'], JSON.stringify(items));
}

/** Installs the chart, as a user would, and waits for the operator. */
export async function installTrunkline({ cluster, namespace, images, extraCA, values: more = {} }: InstallOptions): Promise<void> {
  const values = {
    ...more,
    extraCACertificates: extraCA,
    images: Object.fromEntries((['trunkline', 'kamailio', 'rtpengine'] as const).map((name) => [name, split(images[name])])),
  };
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-values-'));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, stringify(values, { version: '1.1' }));
    await cluster.helm(['upgrade', '--install', 'trunkline', chart, '-n', namespace, '-f', file, '--wait', '--timeout', '2m']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function split(reference: string): { repository: string; tag: string } {
  const colon = reference.lastIndexOf(':');
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}
