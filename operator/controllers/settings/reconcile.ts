// SPDX-License-Identifier: Apache-2.0
// Question: does Meta have this number as declared, what is missing there, and do we have the SIP password that Meta made?
import type { Logger } from 'pino';
import type { Verdict } from '../../api/conditions.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock, Random } from '../../kube/clock.ts';
import { isForbidden, isInvalid } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { Pool } from '../../kube/sharing.ts';
import { hashOf, keyOf } from '../../kube/objects.ts';
import type { Budget } from '../../meta/budget.ts';
import type { SipEndpoint } from '../../meta/calling/wanted.ts';
import { GraphError } from '../../meta/errors.ts';
import type { GraphClient } from '../../meta/graph.ts';
import type { Lookups } from '../../meta/lookups.ts';
import { buildSipPassword } from '../../resources/sippassword.ts';
import { digitsOf } from '../../routing/numbers.ts';
import type { Applier } from '../shared/applier.ts';
import type { Caches } from '../shared/caches.ts';
import { endpointOf } from '../shared/endpoint.ts';
import * as kinds from '../shared/kinds.ts';
import type { NamedSecrets } from '../shared/namedsecrets.ts';
import type { Passwords } from '../shared/passwords.ts';
import type { Routing } from '../shared/routing.ts';
import { Admission, type Admitted } from './admission.ts';
import { readAnnouncement } from './announcement.ts';
import { Credentials, isVerdict, type NumberSecrets } from './credentials.ts';
import * as outcomes from './outcome.ts';
import type { MetaVerdicts, Outcome } from './outcome.ts';
import { Pass, type PassEffects, type PassInput } from './pass.ts';
import type { PathView } from './path.ts';
import { Release } from './release.ts';
import { LINE_MS, restAfter, restAfterVerdict, SOON_MS, toPause } from './rest.ts';
import { isRotationAsked, isSyncAsked, Requests } from './requests.ts';

/** Meta is looked at again this often, with up to a fifth more at random so that numbers do not march in step. */
const RECHECK_MS = 600_000;
/** A number with calls is looked at again this often while a new password is asked for. */
const ROTATION_MS = 2000;
/** After this long a write that is not shown is looked for at the usual pace. */
const LATE_MS = 180_000;
/** Within this time Meta need not show what was written. */
const FRESH_MS = 60_000;

export interface SettingsControllerOptions {
  client: KubeClient;
  graph: GraphClient;
  lookups: Lookups;
  budget: Budget;
  caches: Caches;
  secrets: NamedSecrets;
  passwords: Passwords;
  routing: Routing;
  applier: Applier;
  events: EventRecorder;
  path: PathView;
  /** Told of every outcome, so that the number's conditions follow. */
  onOutcome: (key: string) => void;
  clock: Clock;
  random: Random;
  log: Logger;
}

/** A look at Meta that is due. */
interface Job {
  key: string;
  number: WhatsAppNumber;
  endpoint: SipEndpoint;
  secrets: NumberSecrets;
  /** Everything that makes a new look worth a request. */
  inputs: string;
}

/** What is remembered of a number between looks. */
interface Memory {
  generation: number;
  outcome: Outcome;
  at: number;
  /** The same inputs again need no request before `until`; Infinity where only other ones help. */
  inputs: string;
  until: number;
}

export class SettingsController {
  readonly #options: SettingsControllerOptions;
  readonly #credentials: Credentials;
  readonly #admission: Admission;
  readonly #requests: Requests;
  readonly #release: Release;
  readonly #memory = new Map<string, Memory>();
  /** Since when a new SIP password is asked for. */
  readonly #rotationAsked = new Map<string, number>();
  readonly #verdicts = new Pool<Verdict>();
  readonly #written = new Map<string, { hash: string; at: number }>();

  constructor(options: SettingsControllerOptions) {
    const { client, secrets, budget, lookups, graph } = options;
    this.#options = options;
    this.#credentials = new Credentials(secrets);
    this.#admission = new Admission(budget, lookups);
    this.#requests = new Requests(client);
    const failed = (number: WhatsAppNumber, note: string): void => this.#tell(number, 'DisableFailed', note);
    this.#release = new Release({ client, graph, credentials: this.#credentials, admission: this.#admission, failed });
  }

  /** What came of the given generation of the spec; undefined until Meta was asked about it by this process. */
  outcome(key: string, generation: number): Outcome | undefined {
    const known = this.#memory.get(key);
    return known?.generation === generation ? known.outcome : undefined;
  }

  /** The next pass asks Meta whatever was known: something has changed there, or seems to have. */
  expire(key: string): void {
    const known = this.#memory.get(key);
    if (known) known.until = 0;
  }

  /** @throws GraphError after Meta was unavailable, so that the queue backs off. */
  async reconcile(key: string, signal: AbortSignal): Promise<number | void> {
    const number = this.#options.caches.numbers.get(key);
    if (!number) return this.#forget(key);
    if (number.metadata.deletionTimestamp) {
      this.#memory.delete(key);
      return this.#release.letGo(number, this.#isInForce(number), signal);
    }
    await this.#release.keep(number);
    const endpoint = this.#isInForce(number) ? this.#endpoint(number) : undefined;
    if (!endpoint) return this.#forget(key);
    const secrets = await this.#credentials.read(number).catch(notYet);
    if (secrets === undefined) return SOON_MS;
    if (isVerdict(secrets)) {
      this.#conclude(number, outcomes.withoutToken(secrets), { inputs: '', until: Infinity });
      return toPause(restAfterVerdict(secrets));
    }
    const job = { key, number, endpoint, secrets, inputs: this.#inputs(number, endpoint, secrets) };
    if (isRotationAsked(number)) return this.#rotate(job, signal);
    this.#rotationAsked.delete(key);
    const rest = this.#restOf(job);
    if (rest > 0) return toPause(rest);
    return this.#look(job, signal);
  }

  /** A new password is made when the proxies say, after it was asked for, that the number has no calls. */
  #rotate(job: Job, signal: AbortSignal): Promise<number | void> | number {
    const { key, number, inputs } = job;
    const { path, clock } = this.#options;
    const since = this.#rotationAsked.get(key) ?? clock.now();
    this.#rotationAsked.set(key, since);
    const waits = outcomes.rotationWaits(number, path.calls(number, since));
    if (!waits) return this.#look(job, signal);
    const known = this.#memory.get(key);
    const verdicts = { ...known?.outcome.verdicts, PasswordRotated: waits };
    if (known?.outcome.verdicts.PasswordRotated?.message !== waits.message) {
      this.#conclude(number, { ...known?.outcome, verdicts }, { inputs: known?.inputs ?? inputs, until: known?.until ?? 0 });
    }
    return ROTATION_MS;
  }

  /** Not where another number has its place, or it has no gateway: then nothing may be set at Meta for it. */
  #isInForce(number: WhatsAppNumber): boolean {
    const { kind } = this.#options.routing.number(number);
    return kind === 'served' || kind === 'no-password' || kind === 'direct';
  }

  #endpoint(number: WhatsAppNumber): SipEndpoint | undefined {
    const gateway = this.#options.caches.gateways.get(`${number.metadata.namespace}/${number.spec.gatewayRef.name}`);
    return endpointOf(number, gateway);
  }

  #inputs(number: WhatsAppNumber, endpoint: SipEndpoint, secrets: NumberSecrets): string {
    return hashOf({ generation: number.metadata.generation, endpoint, secrets: this.#credentials.fingerprint(secrets) });
  }

  /** Milliseconds for which Meta need not be asked. */
  #restOf({ key, number, inputs }: Job): number {
    const known = this.#memory.get(key);
    if (known?.inputs !== inputs || isSyncAsked(number)) return 0;
    const { clock, path } = this.#options;
    return isWaiting(known.outcome) && path.gap(number) === undefined ? 0 : known.until - clock.now();
  }

  async #look(job: Job, signal: AbortSignal): Promise<number | void> {
    const { number, secrets } = job;
    let soFar: Outcome | undefined;
    try {
      if (isSyncAsked(number)) this.#admission.forget(number, secrets);
      const admitted = await this.#admission.enter(number, secrets, signal);
      // The place in line stays.
      if (typeof admitted === 'number') return Math.min(admitted, LINE_MS);
      const pass = new Pass(await this.#input(job, admitted), this.#effects(job, admitted));
      await pass.run().finally(() => {
        soFar = pass.outcome;
      });
    } catch (error) {
      this.#admission.leave(number);
      if (!(error instanceof GraphError)) throw error;
      await this.#looked(number);
      return this.#fail(job, error, soFar);
    }
    this.#admission.leave(number);
    await this.#looked(number);
    return this.#succeed(job, soFar);
  }

  async #input({ key, number, endpoint, secrets, inputs }: Job, { access, token }: Admitted): Promise<PassInput> {
    const { clock, client, path } = this.#options;
    const known = this.#memory.get(key);
    return {
      number,
      access,
      token,
      endpoint,
      appSecret: secrets.appSecret,
      pin: secrets.pin,
      webhook: secrets.webhook,
      announcement: await readAnnouncement(client, number),
      path: number.spec.calling.activation === 'Immediately' ? undefined : path.gap(number),
      rotate: isRotationAsked(number),
      applied: (known?.outcome.settings ?? number.status?.settings)?.applied,
      previous: known?.outcome,
      isFollowUp: known?.inputs === inputs && isWaiting(known.outcome) && clock.now() - known.at < RECHECK_MS,
      now: clock.date(),
    };
  }

  #effects(job: Job, { access }: Admitted): PassEffects {
    const { key, number } = job;
    const { graph, lookups, budget, clock, passwords } = this.#options;
    return {
      graph,
      lookups,
      keepPassword: (password) => this.#keepPassword(job, password),
      dialled: (hostname) => passwords.dials(number.metadata.name, hostname),
      changed: (reason, note) => this.#tell(number, reason, note),
      rotated: () => this.#requests.fulfil(number, 'rotation'),
      isFresh: (calling) => {
        const last = this.#written.get(key);
        return last?.hash === hashOf(calling) && clock.now() - last.at < FRESH_MS;
      },
      written: (calling) => this.#written.set(key, { hash: hashOf(calling), at: clock.now() }),
      connected: () => budget.registered(access.payer),
    };
  }

  async #looked(number: WhatsAppNumber): Promise<void> {
    if (isSyncAsked(number)) await this.#requests.fulfil(number, 'sync');
  }

  #succeed({ key, number, inputs }: Job, outcome: Outcome | undefined): number | void {
    if (!outcome) return;
    const { clock, random } = this.#options;
    const written = this.#written.get(key)?.at ?? -Infinity;
    // What Meta does not show minutes after a write is not shown sooner by asking more often.
    const isLate = outcome.recheckMs !== Infinity && clock.now() - written > LATE_MS;
    const rest = (isLate ? undefined : outcome.recheckMs) ?? RECHECK_MS * (1 + random() / 5);
    this.#conclude(number, outcome, { inputs, until: clock.now() + rest });
    return toPause(rest);
  }

  #fail({ key, number, inputs }: Job, error: GraphError, soFar: Outcome | undefined): number | void {
    const { clock, random } = this.#options;
    const outcome = outcomes.failed(error, soFar ?? this.#memory.get(key)?.outcome);
    const rest = restAfter(error) * (1 + random() / 5);
    this.#conclude(number, outcome, { inputs, until: clock.now() + rest });
    if (error.kind === 'unavailable') throw error;
    return toPause(rest);
  }

  /** For the proxies; and, where Meta dials a destination itself, in a Secret for that. */
  async #keepPassword({ number, endpoint }: Job, password: string): Promise<Verdict | undefined> {
    const { passwords, applier } = this.#options;
    passwords.keep(number, endpoint.hostname, password);
    if (!number.spec.direct) return undefined;
    const secret = buildSipPassword(number, digitsOf(number), password);
    try {
      await applier.apply(kinds.SECRET, secret);
      return undefined;
    } catch (error) {
      if (!isForbidden(error) && !isInvalid(error)) throw error;
      return outcomes.secretRefused(number.metadata.name, secret.metadata.name, error.message);
    }
  }

  #tell({ apiVersion, kind, metadata }: WhatsAppNumber, reason: string, note: string): void {
    const { name, namespace, uid } = metadata;
    const type = reason === 'DriftCorrected' || reason === 'DisableFailed' ? 'Warning' : 'Normal';
    this.#options.log.info({ number: name, reason }, note);
    const regarding = { apiVersion, kind, metadata: { name, namespace, uid } };
    this.#options.events.record({ regarding, type, reason, action: 'WriteAtMeta', note });
  }

  #conclude(number: WhatsAppNumber, outcome: Outcome, rest: Pick<Memory, 'inputs' | 'until'>): void {
    const key = keyOf(number.metadata);
    const verdicts = this.#share(outcome.verdicts);
    this.#memory.set(key, { generation: number.metadata.generation, outcome: { ...outcome, verdicts }, at: this.#options.clock.now(), ...rest });
    this.#options.onOutcome(key);
  }

  /** Of thousands of numbers nearly all have the same said of them. */
  #share(verdicts: MetaVerdicts): MetaVerdicts {
    return Object.fromEntries(Object.entries(verdicts).map(([type, verdict]) => [type, this.#verdicts.share(JSON.stringify(verdict), verdict)]));
  }

  #forget(key: string): void {
    this.#memory.delete(key);
    this.#written.delete(key);
    this.#rotationAsked.delete(key);
    this.#options.budget.settle(key);
  }
}

/** A refusal may pass by itself: undefined until it counts. */
function notYet(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}

/** Whether something at Meta waits for the path behind the number. */
const isWaiting = ({ held }: Outcome): boolean => held !== undefined;
