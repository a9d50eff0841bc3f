// SPDX-License-Identifier: Apache-2.0
import { PASSING } from '../../api/reasons.ts';
import { sameStatus, toConditions, type Judgement } from '../../api/conditions.ts';
import type { Condition, Metadata } from '../../api/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { ResourceKind } from '../../kube/resource.ts';

interface Judged {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  status?: { conditions?: Condition[] | undefined } | undefined;
}

export interface StatusWriterOptions {
  client: Pick<KubeClient, 'applyStatus'>;
  events: Pick<EventRecorder, 'record'>;
  clock: Clock;
}

/** Writes an object's whole status in one go, only when it says something new, and an Event when Ready changes. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** @throws KubeError, except where the object is gone. */
  async write(kind: ResourceKind, object: Judged, judgement: Judgement, details: object = {}): Promise<void> {
    const { client, clock } = this.#options;
    const previous = object.status?.conditions ?? [];
    const conditions = toConditions(judgement, previous, clock.date());
    const status = { observedGeneration: judgement.generation, conditions, ...details };
    if (sameStatus(object.status, status)) return;
    const { name, namespace } = object.metadata;
    try {
      await client.applyStatus(kind, { metadata: { name, namespace }, status });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      throw error;
    }
    this.#tell(object, previous, conditions);
  }

  #tell(object: Judged, previous: readonly Condition[], current: readonly Condition[]): void {
    const before = previous.find(({ type }) => type === 'Ready');
    const after = current.find(({ type }) => type === 'Ready');
    if (!after || (before?.status === after.status && before.reason === after.reason)) return;
    // What is on its way tells itself in the conditions; thousands of numbers would make a flood of it.
    if (after.status !== 'True' && PASSING.has(after.reason)) return;
    const { apiVersion, kind } = object;
    const { name, namespace, uid } = object.metadata;
    this.#options.events.record({
      regarding: { apiVersion, kind, metadata: { name, namespace, uid } },
      type: after.status === 'True' ? 'Normal' : 'Warning',
      reason: after.status === 'True' ? 'Ready' : after.reason,
      action: 'Reconcile',
      note: after.message,
    });
  }
}
