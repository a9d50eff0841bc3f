// SPDX-License-Identifier: Apache-2.0
// Question: what is this number's state, for whoever looks at it?
import type { Judgement, Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import { buildDirectCertificate } from '../../resources/certificate.ts';
import { names } from '../../resources/names.ts';
import { digitsOf } from '../../routing/numbers.ts';
import { viewCertificate } from '../gateway/certificate.ts';
import { certificateVerdict } from '../gateway/verdicts.ts';
import type { ReachController } from '../reach/reconcile.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import { endpointKey, endpointOf } from '../shared/endpoint.ts';
import * as kinds from '../shared/kinds.ts';
import { secret as secretSchema } from '../shared/observed.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import type { Outcome } from '../settings/outcome.ts';
import type { PathView } from '../settings/path.ts';
import type { SettingsController } from '../settings/reconcile.ts';
import { firstMissing, judgeNumber } from './verdicts.ts';

export interface NumberControllerOptions {
  client: KubeClient;
  applier: Applier;
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
    const endpoint = endpointOf(number, caches.gateways.get(`${namespace}/${gatewayRef.name}`));
    const judgement = judgeNumber({
      number,
      routing: verdict,
      outcome,
      gap: path.gap(number),
      reach: endpoint && reach.verdict(endpointKey(endpoint)),
      certificate: await this.#certificate(number),
      wanted: routing.entry(gatewayRef.name, name),
      applied: applied.entry(gatewayRef.name, name),
      appliedKnown: applied.knows(gatewayRef.name),
    });
    await status.write(kinds.WHATSAPP_NUMBER, number, judgement, {
      ...(this.#hasPassword(number) ? { sip: { user: digitsOf(number), passwordSecret: names.sipPassword(name) } } : {}),
      ...(number.spec.direct?.certificate ? { direct: { certificateSecret: names.directCertificate(name) } } : {}),
      ...toDetails(number, judgement, outcome),
    });
  }

  #hasPassword({ metadata: { namespace, name } }: WhatsAppNumber): boolean {
    return this.#options.caches.passwords.get(`${namespace}/${names.sipPassword(name)}`) !== undefined;
  }

  /** Keeps the certificate of a destination that Meta dials itself; undefined where it has its own. */
  async #certificate(number: WhatsAppNumber): Promise<Verdict | undefined> {
    const { client, applier, caches } = this.#options;
    const manifest = buildDirectCertificate(number);
    const { direct } = number.spec;
    if (!manifest || !direct?.certificate) return undefined;
    const { issuerRef } = direct.certificate;
    if (!caches.certificates.hasSynced) return certificateVerdict(issuerRef, { kind: 'no-cert-manager' });
    await applier.apply(kinds.CERTIFICATE, manifest);
    const { namespace, name } = manifest.metadata;
    const found = await client.find(kinds.SECRET, { namespace, name });
    const facts = {
      hostname: direct.hostname,
      certificate: caches.certificates.get(`${namespace}/${name}`),
      requests: caches.certificateRequests.byIndex('owner', `Certificate/${name}`),
      secret: found && secretSchema.parse(found),
    };
    return certificateVerdict(issuerRef, viewCertificate(facts));
  }
}

/** The parts of the status beside the conditions; what Meta said before a restart of the operator still stands. */
function toDetails(number: WhatsAppNumber, judgement: Judgement, outcome: Outcome | undefined): object {
  const { status } = number;
  const missing = firstMissing(judgement, number);
  const parts = { missing, meta: outcome?.meta ?? status?.meta, settings: outcome?.settings ?? status?.settings };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined && Object.keys(part).length > 0));
}
