// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../operator/kube/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { step } from '../cluster/steps.ts';
import { conditionsOf, kinds } from '../stage/kube.ts';
import { waitFor } from '../stage/wait.ts';

/** What happens after `kubectl apply`, in the order in which it mostly does, and the condition that says so. */
const STAGES = [
  { name: 'certificate signed', kind: kinds.sgw, object: 'default', type: 'CertificateReady' },
  { name: 'media pod ready', kind: kinds.sgw, object: 'default', type: 'MediaReady' },
  { name: 'proxy ready', kind: kinds.sgw, object: 'default', type: 'ProxyReady' },
  { name: 'gateway takes calls', kind: kinds.sgw, object: 'default', type: 'Ready' },
  { name: 'settings at Meta', kind: kinds.wan, object: 'reception', type: 'SettingsSynced' },
  { name: 'number and route live', kind: kinds.srt, object: 'reception', type: 'Ready' },
] as const;

export interface Narration {
  cluster: Cluster;
  client: KubeClient;
  namespace: string;
  /** The file to apply. */
  example: string;
}

/** Applies the example and tells of each condition as it becomes true; times count from the one before. */
export async function narrate({ cluster, client, namespace, example }: Narration): Promise<void> {
  await step('kubectl apply -f examples/quickstart.yaml', () => cluster.kubectl(['-n', namespace, 'apply', '-f', example]));
  for (const { name, kind, object, type } of STAGES) {
    await step(`  ${name}`, () =>
      waitFor(
        `${kind.kind} "${object}" to be ${type}`,
        async () => {
          const found = await client.find(kind, { namespace, name: object });
          return found && conditionsOf(found).some((condition) => condition.type === type && condition.status === 'True');
        },
        { timeoutMs: 120_000, everyMs: 50, last: async () => JSON.stringify(conditionsOf(await client.get(kind, { namespace, name: object }))) },
      ),
    );
  }
}
