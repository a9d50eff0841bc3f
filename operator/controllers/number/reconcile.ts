// SPDX-License-Identifier: Apache-2.0
// Question: what is this number's state, for whoever looks at it?
import { names } from '../../resources/names.ts';
import { digitsOf } from '../../routing/numbers.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import type { SettingsController } from '../settings/reconcile.ts';
import { judgeNumber } from './verdicts.ts';

export interface NumberControllerOptions {
  caches: Caches;
  routing: Routing;
  applied: AppliedSnapshots;
  settings: SettingsController;
  status: StatusWriter;
}

export class NumberController {
  readonly #options: NumberControllerOptions;

  constructor(options: NumberControllerOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<void> {
    const { caches, routing, applied, settings, status } = this.#options;
    const number = caches.numbers.get(key);
    const verdict = number && routing.current.numbers.get(number.metadata.name);
    if (!number || !verdict || number.metadata.deletionTimestamp) return;
    const { gatewayRef } = number.spec;
    const { name, generation } = number.metadata;
    const judgement = judgeNumber({
      number,
      routing: verdict,
      outcome: settings.outcome(key, generation),
      wanted: routing.entry(gatewayRef.name, name),
      applied: applied.entry(gatewayRef.name, name),
      appliedKnown: applied.knows(gatewayRef.name),
    });
    const hasPassword = verdict.kind === 'served';
    const sip = { user: digitsOf(number), passwordSecret: names.sipPassword(name) };
    await status.write(kinds.WHATSAPP_NUMBER, number, judgement, hasPassword ? { sip } : {});
  }
}
