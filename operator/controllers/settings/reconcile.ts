// SPDX-License-Identifier: Apache-2.0
// Question: does Meta have this number's calling settings as declared, and do we have the SIP password it made?
import type { Logger } from 'pino';
import { stalled, no } from '../../api/conditions.ts';
import { Sensitive } from '../../api/sensitive.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Random } from '../../kube/clock.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { isForbidden, isInvalid } from '../../kube/errors.ts';
import { hashOf, keyOf } from '../../kube/objects.ts';
import { GraphError } from '../../meta/errors.ts';
import type { GraphClient, NumberAccess } from '../../meta/graph.ts';
import { compareCalling, describeDifferences, sipPassword, toWrite, type WantedCalling } from '../../meta/settings.ts';
import { names } from '../../resources/names.ts';
import { buildSipPassword } from '../../resources/sippassword.ts';
import { digitsOf } from '../../routing/numbers.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import * as kinds from '../shared/kinds.ts';
import { secret as secretSchema, textOf } from '../shared/observed.ts';
import type { Routing } from '../shared/routing.ts';
import * as outcomes from './outcome.ts';

/** Meta is looked at again this often, with up to a fifth more at random so that numbers do not march in step. */
const RECHECK_MS = 600_000;

export interface SettingsControllerOptions {
  client: KubeClient;
  graph: GraphClient;
  caches: Caches;
  routing: Routing;
  applier: Applier;
  events: EventRecorder;
  /** Told of every outcome, so that the number's conditions follow. */
  onOutcome: (key: string) => void;
  random: Random;
  log: Logger;
}

export class SettingsController {
  readonly #options: SettingsControllerOptions;
  readonly #outcomes = new Map<string, { generation: number; outcome: outcomes.Outcome }>();
  /** What the last finished attempt was made from; the same again needs no request before its time. */
  readonly #settled = new Map<string, { inputs: string; until: number }>();

  constructor(options: SettingsControllerOptions) {
    this.#options = options;
  }

  /** What came of the given generation of the spec; undefined until Meta was asked about it by this process. */
  outcome(key: string, generation: number): outcomes.Outcome | undefined {
    const known = this.#outcomes.get(key);
    return known?.generation === generation ? known.outcome : undefined;
  }

  /** @throws GraphError after Meta was unavailable, so that the queue backs off. */
  async reconcile(key: string, signal: AbortSignal): Promise<number | void> {
    const { caches } = this.#options;
    const number = this.#eligible(key);
    const wanted = number && this.#wanted(number);
    if (!wanted) return this.#forget(key);
    const token = await this.#token(number);
    if (!(token instanceof Sensitive)) return this.#conclude(number, token);
    const hasPassword = caches.passwords.get(`${number.metadata.namespace}/${names.sipPassword(number.metadata.name)}`) !== undefined;
    const inputs = hashOf({ generation: number.metadata.generation, wanted, token: hashOf(token.reveal()), hasPassword });
    const left = this.#settledFor(number, inputs);
    if (left > 0) return left;
    const access = { phoneNumberID: number.spec.phoneNumberID, token, signal };
    try {
      this.#conclude(number, await this.#sync(number, wanted, access));
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      this.#conclude(number, outcomes.failed(error, this.#outcomes.get(key)?.outcome));
      if (error.kind === 'unavailable') throw error;
    }
    const pause = RECHECK_MS * (1 + this.#options.random() / 5);
    this.#settled.set(key, { inputs, until: performance.now() + pause });
    return pause;
  }

  /** The number, unless another one has its place or it has no gateway: then nothing may be set at Meta for it. */
  #eligible(key: string): WhatsAppNumber | undefined {
    const { caches, routing } = this.#options;
    const number = caches.numbers.get(key);
    const verdict = number && routing.current.numbers.get(number.metadata.name);
    return verdict?.kind === 'served' || verdict?.kind === 'no-password' ? number : undefined;
  }

  /** Observe, compare, apply, read back. */
  async #sync(number: WhatsAppNumber, wanted: WantedCalling, access: NumberAccess): Promise<outcomes.Outcome> {
    const { graph, log } = this.#options;
    const shown = await graph.displayNumber(access);
    if (digits(shown) !== digitsOf(number)) return outcomes.otherNumber(shown, number.spec.phoneNumber);
    let observed = await graph.calling(access);
    const before = compareCalling(wanted, observed);
    if (before.length > 0) {
      if (!this.#gatewayReady(number)) return outcomes.waitingForGateway(number.spec.gatewayRef.name);
      await graph.writeCalling(access, toWrite(wanted));
      log.info({ number: number.metadata.name, differences: before }, 'wrote settings at Meta');
      this.#tell(number, describeDifferences(before));
      observed = await graph.calling(access);
      const after = compareCalling(wanted, observed);
      if (after.length > 0) return outcomes.differing(after);
    }
    const password = sipPassword(wanted.hostname, observed);
    if (!password) return outcomes.withoutPassword();
    const secret = buildSipPassword(number, digitsOf(number), password);
    try {
      await this.#options.applier.apply(kinds.SECRET, secret);
    } catch (error) {
      if (!isForbidden(error) && !isInvalid(error)) throw error;
      return outcomes.secretRefused(secret.metadata.name, error.message);
    }
    return outcomes.synced(before);
  }

  #tell(number: WhatsAppNumber, changes: string): void {
    const { apiVersion, kind } = number;
    const { name, namespace, uid } = number.metadata;
    this.#options.events.record({
      regarding: { apiVersion, kind, metadata: { name, namespace, uid } },
      type: 'Normal',
      reason: 'SettingsWritten',
      action: 'WriteSettings',
      note: `changed at Meta: ${changes}`,
    });
  }

  #wanted(number: WhatsAppNumber): WantedCalling | undefined {
    const gateway = this.#gateway(number);
    return gateway && { hostname: gateway.spec.hostname, additionalCodecs: number.spec.calling.additionalCodecs };
  }

  #gateway({ metadata: { namespace }, spec }: WhatsAppNumber) {
    return this.#options.caches.gateways.get(`${namespace}/${spec.gatewayRef.name}`);
  }

  #gatewayReady(number: WhatsAppNumber): boolean {
    const gateway = this.#gateway(number);
    const ready = gateway?.status?.conditions?.find(({ type }) => type === 'Ready');
    // Readiness of an earlier spec, such as another hostname, is none.
    return ready?.status === 'True' && ready.observedGeneration === gateway?.metadata.generation;
  }

  async #token({ metadata: { namespace }, spec }: WhatsAppNumber): Promise<Sensitive | outcomes.Outcome> {
    const { name, key } = spec.accessTokenRef;
    const found = await this.#options.client.find(kinds.SECRET, { namespace, name });
    if (!found) {
      return outcomes.withoutToken(no('SecretNotFound', `Secret "${name}" does not exist: create it with the access token under key "${key}"`));
    }
    const text = textOf(secretSchema.parse(found), key)?.trim();
    if (!text) {
      return outcomes.withoutToken(no('KeyNotFound', `Secret "${name}" has no key "${key}", or it is empty: put the access token there`));
    }
    // A header cannot carry it, so Meta cannot be asked; its text must not appear anywhere.
    if (!/^[\x21-\x7e]+$/.test(text)) {
      return outcomes.withoutToken(stalled('TokenRefused', `key "${key}" of Secret "${name}" holds no token: it has spaces or other characters that no token has`));
    }
    return new Sensitive(text);
  }

  /** Milliseconds for which Meta need not be asked again about the same inputs. */
  #settledFor(number: WhatsAppNumber, inputs: string): number {
    const key = keyOf(number.metadata);
    const settled = this.#settled.get(key);
    const waits = this.#outcomes.get(key)?.outcome.settings.reason === 'WaitingForGateway' && this.#gatewayReady(number);
    return settled?.inputs === inputs && !waits ? settled.until - performance.now() : 0;
  }

  #conclude(number: WhatsAppNumber, outcome: outcomes.Outcome): void {
    const key = keyOf(number.metadata);
    this.#outcomes.set(key, { generation: number.metadata.generation, outcome });
    this.#options.onOutcome(key);
  }

  #forget(key: string): void {
    this.#outcomes.delete(key);
    this.#settled.delete(key);
  }
}

const digits = (text: string): string => text.replaceAll(/\D/g, '');
