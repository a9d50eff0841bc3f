// SPDX-License-Identifier: Apache-2.0
// Asks Meta, for a proxy that is about to make a call, whether the user permits it, and asks the user where the route says so.
import type { Logger } from 'pino';
import type { Verdict } from '../api/conditions.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { SipRoute } from '../api/siproute.ts';
import type { WhatsAppNumber } from '../api/whatsappnumber.ts';
import type { Clock } from '../kube/clock.ts';
import type { Budget } from '../meta/budget.ts';
import { GraphError } from '../meta/errors.ts';
import type { GraphClient } from '../meta/graph.ts';
import { fingerprintOf } from '../meta/lookups.ts';
import { Memo } from '../meta/memo.ts';
import type { CallPermission } from '../meta/permission.ts';
import type { Access } from '../meta/transport.ts';
import { digitsOf } from '../routing/numbers.ts';
import type { Answer, Question } from './contract.ts';

/** A caller waits: what Meta has not said by then it says when it is called. */
const TIMEOUT_MS = 2000;
/** How long a permission is taken for granted. That there is none is asked anew each time: the user may just have given it. */
const TTL_MS = 30_000;

const UNKNOWN: Answer = { verdict: 'Unknown' };

interface Objects<T> {
  get(key: string): T | undefined;
}

export interface DeskOptions {
  routes: Objects<SipRoute>;
  numbers: Objects<WhatsAppNumber>;
  secrets: { text(ref: { name: string; key: string }, holds: string): Promise<Sensitive | Verdict> };
  graph: Pick<GraphClient, 'permission' | 'requestPermission'>;
  /** Of its own: calls do not wait for settings, nor settings for calls. */
  budget: Budget;
  clock: Pick<Clock, 'now' | 'date'>;
  log: Logger;
}

export class PermissionDesk {
  readonly #options: DeskOptions;
  readonly #known: Memo<CallPermission>;
  readonly #asked: Memo<void>;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#known = new Memo(TTL_MS, () => options.clock.now());
    this.#asked = new Memo(TTL_MS, () => options.clock.now());
  }

  /** About numbers of a gateway alone. Never rejects: what goes wrong is logged, and the answer is then that nothing is known. */
  async answer(question: Question, gateway: string): Promise<Answer> {
    try {
      return await this.#answer(question, gateway);
    } catch (error) {
      const why = error instanceof GraphError ? error.words : error;
      this.#options.log.warn({ route: question.route, number: question.number, err: why }, 'whether a user permits a call cannot be read, so it is made');
      return UNKNOWN;
    }
  }

  async #answer(question: Question, gateway: string): Promise<Answer> {
    const route = this.#options.routes.get(question.route);
    const number = route && this.#numberOf(route, question.number);
    if (!route?.spec.permission || number?.spec.gatewayRef.name !== gateway) return UNKNOWN;
    const access = await this.#access(number);
    if (!access) return UNKNOWN;
    const permission = await this.#read(access, number, question.user);
    if (permission.mayCall) return { verdict: 'Allowed' };
    if (permission.isGranted) return this.#usedUp(permission);
    return { verdict: 'NoPermission', ...(await this.#ask(route.spec.permission, permission, { access, number, question })) };
  }

  #numberOf({ metadata: { namespace }, spec }: SipRoute, digits: string): WhatsAppNumber | undefined {
    return spec.numbers.map(({ name }) => this.#options.numbers.get(`${namespace}/${name}`)).find((number) => number && digitsOf(number) === digits);
  }

  /** Undefined where a Secret cannot be read, of which the number's conditions tell. */
  async #access({ spec }: WhatsAppNumber): Promise<Access | undefined> {
    const { secrets } = this.#options;
    const token = await secrets.text(spec.accessTokenRef, 'access token');
    const appSecret = spec.appSecretRef && (await secrets.text(spec.appSecretRef, 'app’s secret'));
    if (!(token instanceof Sensitive) || (appSecret !== undefined && !(appSecret instanceof Sensitive))) return undefined;
    const payer = { app: fingerprintOf(token), account: spec.phoneNumberID };
    return { token, appSecret, payer, booking: `permission ${spec.phoneNumberID}`, signal: AbortSignal.timeout(TIMEOUT_MS) };
  }

  async #read(access: Access, { spec }: WhatsAppNumber, user: string): Promise<CallPermission> {
    const { budget, graph } = this.#options;
    const key = `${spec.phoneNumberID} ${user}`;
    const permission = await this.#known.get(key, async () => {
      const waitMs = budget.book(access.booking, access.payer, 1);
      budget.settle(access.booking);
      if (waitMs > 0) throw new Error('Meta’s limit of questions is reached');
      return graph.permission(access, spec.phoneNumberID, user);
    });
    if (!permission.mayCall) this.#known.drop(key);
    return permission;
  }

  /** A user who agrees cannot be called: too often today, or for a reason that Meta tells whoever calls. */
  #usedUp({ callsAgainAt }: CallPermission): Answer {
    if (callsAgainAt === undefined) return UNKNOWN;
    return { verdict: 'UsedUp', retryAfterSeconds: Math.max(1, Math.ceil(callsAgainAt - this.#options.clock.date().getTime() / 1000)) };
  }

  async #ask(
    { request, text }: NonNullable<SipRoute['spec']['permission']>,
    { mayAsk }: CallPermission,
    { access, number, question }: { access: Access; number: WhatsAppNumber; question: Question },
  ): Promise<Pick<Answer, 'request' | 'words'>> {
    if (!mayAsk) return { request: 'NotNow' };
    if (request === 'Never' || (request === 'OnDemand' && !question.demanded)) return { request: 'Possible' };
    try {
      // Calls that come at once are one wish.
      await this.#asked.get(`${number.spec.phoneNumberID} ${question.user}`, () => this.#options.graph.requestPermission(access, number.spec.phoneNumberID, question.user, text));
      return { request: 'Sent' };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      this.#options.log.warn({ route: question.route, number: question.number, err: error.words }, 'Meta does not take a request for a call permission');
      return { request: 'Failed', words: error.words };
    }
  }
}
