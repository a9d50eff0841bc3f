// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { KubeClient } from '../../operator/kube/client.ts';
import { loadConnection } from '../../operator/kube/connection.ts';
import type { KubeObject } from '../../operator/kube/objects.ts';
import type { ResourceKind } from '../../operator/kube/resource.ts';
import { SIP_GATEWAY, SIP_ROUTE, WHATSAPP_NUMBER } from '../../operator/controllers/shared/kinds.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { waitFor } from './wait.ts';

export const kinds = { sgw: SIP_GATEWAY, wan: WHATSAPP_NUMBER, srt: SIP_ROUTE } as const;

/** A client with an administrator's rights. */
export async function clientFor(cluster: Cluster): Promise<KubeClient> {
  return new KubeClient(await loadConnection(cluster.kubeconfig), { fieldManager: 'trunkline-test' });
}

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().default(0),
});
// A kind that was made a moment ago has null there.
const judged = z.object({ status: z.object({ conditions: z.array(condition).nullish() }).nullish() });

export type Condition = z.infer<typeof condition>;

export const conditionsOf = (object: KubeObject | undefined): Condition[] =>
  (object && judged.parse(object).status?.conditions) ?? [];

export const conditionOf = (object: KubeObject, type: string): Condition | undefined =>
  conditionsOf(object).find((each) => each.type === type);

export interface Awaited {
  kind: ResourceKind;
  namespace: string;
  name: string;
  /** Condition type. */
  type: string;
  status?: 'True' | 'False' | 'Unknown';
  reason?: string;
  timeoutMs?: number;
}

/** Waits until a condition speaks of the present spec and is as given. Throws with what it is instead. */
export async function waitForCondition(client: KubeClient, awaited: Awaited): Promise<Condition> {
  const { kind, namespace, name, type, reason, timeoutMs } = awaited;
  // With a reason given alone any status will do.
  const status = awaited.status ?? (reason === undefined ? 'True' : undefined);
  const what = `${kind.kind} "${name}" to have ${type}=${status ?? 'any'}${reason ? ` (${reason})` : ''}`;
  return waitFor(
    what,
    async () => {
      const object = await client.find(kind, { namespace, name });
      const found = object && conditionOf(object, type);
      const current = found && found.observedGeneration === object.metadata.generation;
      const fits = current && (!status || found.status === status) && (!reason || found.reason === reason);
      return fits ? found : undefined;
    },
    {
      ...(timeoutMs ? { timeoutMs } : {}),
      last: async () => JSON.stringify(conditionsOf(await client.find(kind, { namespace, name }))),
    },
  );
}
