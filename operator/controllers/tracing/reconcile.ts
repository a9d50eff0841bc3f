// SPDX-License-Identifier: Apache-2.0
// Question: for how long are a number's calls to be kept with their users' numbers?
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { EventNote } from '../../kube/event.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { MOST_MS, TRACE, tracedUntil, traceLength } from '../../routing/traced.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';

export interface TracingControllerOptions {
  client: Pick<KubeClient, 'mergePatch'>;
  numbers: Pick<Caches['numbers'], 'get'>;
  events: Pick<EventRecorder, 'record'>;
  clock: Pick<Clock, 'date'>;
}

export class TracingController {
  readonly #options: TracingControllerOptions;

  constructor(options: TracingControllerOptions) {
    this.#options = options;
  }

  /** Grants what is asked for, takes off what is over, and returns when to look again. */
  async reconcile(key: string): Promise<number | void> {
    const number = this.#options.numbers.get(key);
    if (!number || number.metadata.deletionTimestamp) return;
    const now = this.#options.clock.date().getTime();
    const asked = number.metadata.annotations?.[TRACE.asked];
    if (asked !== undefined) return this.#grant(number, asked, now);
    const until = tracedUntil(number);
    if (until === undefined) return;
    const left = Date.parse(until) - now;
    if (left > 0 && left <= MOST_MS) return left;
    await this.#annotate(number, { [TRACE.until]: null });
    if (left > 0) this.#tell(number, 'Warning', 'TraceRefused', `${TRACE.until} is ${until}, which is more than a day away: annotate ${TRACE.asked} with a time such as 15m`);
  }

  async #grant(number: WhatsAppNumber, asked: string, now: number): Promise<void> {
    const ms = traceLength(asked);
    if (ms === undefined) {
      await this.#annotate(number, { [TRACE.asked]: null });
      return this.#tell(number, 'Warning', 'TraceRefused', `${TRACE.asked} is "${asked}": write a time of at most a day, such as 15m, 90s or 2h`);
    }
    const until = new Date(now + ms).toISOString();
    await this.#annotate(number, { [TRACE.asked]: null, [TRACE.until]: until });
    this.#tell(number, 'Normal', 'Traced', `traces of its calls show users’ numbers until ${until}`);
  }

  async #annotate({ metadata: { namespace, name } }: WhatsAppNumber, annotations: Record<string, string | null>): Promise<void> {
    try {
      await this.#options.client.mergePatch(kinds.WHATSAPP_NUMBER, { namespace, name }, { metadata: { annotations } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #tell({ apiVersion, kind, metadata: { name, namespace, uid } }: WhatsAppNumber, type: EventNote['type'], reason: string, note: string): void {
    this.#options.events.record({ regarding: { apiVersion, kind, metadata: { name, namespace, uid } }, type, reason, action: 'Trace', note });
  }
}
