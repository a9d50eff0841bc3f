// SPDX-License-Identifier: Apache-2.0
// Question: what is this number's state, for whoever looks at it?
import type { Judgement, Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { buildDirectCertificate } from '../../resources/certificate.ts';
import { grants, names } from '../../resources/names.ts';
import { digitsOf } from '../../routing/numbers.ts';
import { viewCertificate } from '../gateway/certificate.ts';
import { callsText, certificateVerdict } from '../gateway/verdicts.ts';
import type { ReachController } from '../reach/reconcile.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import type { NamedSecrets } from '../shared/namedsecrets.ts';
import type { Passwords } from '../shared/passwords.ts';
import { endpointKey, endpointOf } from '../shared/endpoint.ts';
import * as kinds from '../shared/kinds.ts';
import type { AppliedSnapshots, Routing } from '../shared/routing.ts';
import type { StatusWriter } from '../shared/status.ts';
import type { Traffic } from '../shared/traffic.ts';
import type { Outcome } from '../settings/outcome.ts';
import type { PathView } from '../settings/path.ts';
import type { SettingsController } from '../settings/reconcile.ts';
import { FORBIDDEN_RECHECK_MS } from '../settings/rest.ts';
import { mostOf } from './calls.ts';
import { firstMissing, judgeNumber } from './verdicts.ts';

export interface NumberControllerOptions {
  applier: Applier;
  caches: Caches;
  secrets: NamedSecrets;
  passwords: Passwords;
  routing: Routing;
  applied: AppliedSnapshots;
  settings: SettingsController;
  reach: ReachController;
  path: PathView;
  traffic: Pick<Traffic, 'calls' | 'knows'>;
  status: StatusWriter;
}

export class NumberController {
  readonly #options: NumberControllerOptions;

  constructor(options: NumberControllerOptions) {
    this.#options = options;
  }

  /** One pass over one number; returns when to look again. */
  async reconcile(key: string): Promise<number | void> {
    const { caches, routing, applied, settings, reach, path, status } = this.#options;
    const number = caches.numbers.get(key);
    if (!number || number.metadata.deletionTimestamp) return;
    const { gatewayRef } = number.spec;
    const { name, namespace, generation } = number.metadata;
    const outcome = settings.outcome(key, generation);
    const endpoint = endpointOf(number, caches.gateways.get(`${namespace}/${gatewayRef.name}`));
    const certificate = await this.#certificate(number);
    const judgement = judgeNumber({
      number,
      routing: routing.number(number),
      outcome,
      gap: path.gap(number),
      reach: endpoint && reach.verdict(endpointKey(endpoint)),
      certificate,
      wanted: routing.entry(number),
      applied: applied.entry(gatewayRef.name, name),
      appliedKnown: applied.knows(gatewayRef.name),
    });
    await status.write(kinds.WHATSAPP_NUMBER, number, judgement, {
      ...this.#sip(number),
      ...this.#calls(number),
      ...(number.spec.direct?.certificate ? { direct: { certificateSecret: names.directCertificate(name) } } : {}),
      ...toDetails(number, judgement, outcome),
    });
    return certificate?.reason === 'SecretForbidden' ? FORBIDDEN_RECHECK_MS : undefined;
  }

  /** What was told last stands until the proxies were asked; then nothing where they do not know. */
  #calls(number: WhatsAppNumber): { calls?: string } {
    const { caches, traffic } = this.#options;
    const { gatewayRef, direct } = number.spec;
    if (direct || !caches.gateways.get(`${number.metadata.namespace}/${gatewayRef.name}`)) return {};
    const known = traffic.calls(gatewayRef.name, digitsOf(number));
    if (known === undefined && traffic.knows(gatewayRef.name)) return {};
    return { calls: callsText(known ?? Number.parseInt(number.status?.calls ?? '0', 10), mostOf(number)) };
  }

  #sip(number: WhatsAppNumber): { sip?: { user: string; passwordSecret?: string } } {
    const { passwords, secrets } = this.#options;
    const user = digitsOf(number);
    const passwordSecret = names.sipPassword(number.metadata.name);
    if (number.spec.direct) return secrets.get(passwordSecret) ? { sip: { user, passwordSecret } } : {};
    return passwords.knows(number) ? { sip: { user } } : {};
  }

  /** Keeps the certificate of a destination that Meta dials itself; undefined where it has its own. */
  async #certificate(number: WhatsAppNumber): Promise<Verdict | undefined> {
    const { applier, caches, secrets } = this.#options;
    const manifest = buildDirectCertificate(number);
    const { direct } = number.spec;
    if (!manifest || !direct?.certificate) return undefined;
    const { issuerRef } = direct.certificate;
    if (!caches.certificates.hasSynced) return certificateVerdict(issuerRef, { kind: 'no-cert-manager' });
    await applier.apply(kinds.CERTIFICATE, manifest);
    const { namespace, name } = manifest.metadata;
    const facts = {
      hostname: direct.hostname,
      certificate: caches.certificates.get(`${namespace}/${name}`),
      requests: caches.certificateRequests.byIndex('owner', `Certificate/${name}`),
      secret: await secrets.read(name),
      grant: grants.directNumber(number.metadata.name),
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
