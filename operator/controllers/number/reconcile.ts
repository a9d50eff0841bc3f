// SPDX-License-Identifier: Apache-2.0
// Question: what is this number's state, for whoever looks at it?
import type { Judgement } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { names } from '../../resources/names.ts';
import { digitsOf } from '../../routing/numbers.ts';
import type { ReachController } from '../reach/reconcile.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import type { Outcome } from '../settings/outcome.ts';
import type { PathView } from '../settings/path.ts';
import type { SettingsController } from '../settings/reconcile.ts';
import { firstMissing, judgeNumber } from './verdicts.ts';

export interface NumberControllerOptions {
  caches: Caches;
  routing: Routing;
  applied: AppliedSnapshots;
  settings: SettingsController;
  reach: ReachController;
  path: PathView;
  status: StatusWriter;
}

export class NumberController {
  readonly #options: NumberControllerOptions;

  constructor(options: NumberControllerOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<void> {
    const { caches, routing, applied, settings, reach, path, status } = this.#options;
    const number = caches.numbers.get(key);
    const verdict = number && routing.current.numbers.get(number.metadata.name);
    if (!number || !verdict || number.metadata.deletionTimestamp) return;
    const { gatewayRef } = number.spec;
    const { name, namespace, generation } = number.metadata;
    const outcome = settings.outcome(key, generation);
    const hostname = caches.gateways.get(`${namespace}/${gatewayRef.name}`)?.spec.hostname;
    const judgement = judgeNumber({
      number,
      routing: verdict,
      outcome,
      gap: path.gap(number),
      reach: hostname === undefined ? undefined : reach.verdict(hostname),
      wanted: routing.entry(gatewayRef.name, name),
      applied: applied.entry(gatewayRef.name, name),
      appliedKnown: applied.knows(gatewayRef.name),
    });
    await status.write(kinds.WHATSAPP_NUMBER, number, judgement, {
      ...(verdict.kind === 'served' ? { sip: { user: digitsOf(number), passwordSecret: names.sipPassword(name) } } : {}),
      ...toDetails(number, judgement, outcome),
    });
  }
}

/** The parts of the status beside the conditions; what Meta said before a restart of the operator still stands. */
function toDetails({ status }: WhatsAppNumber, judgement: Judgement, outcome: Outcome | undefined): object {
  const missing = firstMissing(judgement);
  const parts = { missing, meta: outcome?.meta ?? status?.meta, settings: outcome?.settings ?? status?.settings };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined && Object.keys(part).length > 0));
}
