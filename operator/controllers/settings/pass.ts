// SPDX-License-Identifier: Apache-2.0
// One look at Meta for one number: its token, the number and its account, its webhooks, its settings, its SIP password.
import { advisory, stalled, type Verdict } from '../../api/conditions.ts';
import type { Sensitive } from '../../api/sensitive.ts';
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import type { AccountNode } from '../../meta/account.ts';
import { foreignServers, ownServer, sipPassword, type Difference, type Observation } from '../../meta/calling/compare.ts';
import { restrictionsOf } from '../../meta/calling/observed.ts';
import { fingerprint, isTimeZone, pastHolidays, toWanted, type SipEndpoint, type WantedCalling } from '../../meta/calling/wanted.ts';
import { FORGET_PASSWORD, type CallingWrite } from '../../meta/calling/write.ts';
import { GraphError } from '../../meta/errors.ts';
import type { GraphClient } from '../../meta/graph.ts';
import type { Lookups } from '../../meta/lookups.ts';
import { shownDigits, type NumberNode } from '../../meta/node.ts';
import { judgeToken } from '../../meta/onboarding.ts';
import type { TokenInfo } from '../../meta/token.ts';
import type { Access } from '../../meta/transport.ts';
import { digitsOf } from '../../routing/numbers.ts';
import type { Announcement } from './announcement.ts';
import { bring, type Brought, type PathGap } from './bring.ts';
import { toOutcome, type Facts } from './facts.ts';
import * as outcomes from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { keepWebhooks, type WebhookWish } from './webhooks.ts';

export interface PassInput {
  number: WhatsAppNumber;
  access: Access;
  token: TokenInfo;
  appSecret: Sensitive | undefined;
  pin: Sensitive | undefined;
  webhook: WebhookWish | undefined;
  endpoint: SipEndpoint;
  announcement: Announcement;
  /** What is missing on the path behind the number; undefined once it answers. */
  path: PathGap | undefined;
  /** Whether a new password was asked for and may be made: nobody is talking. */
  rotate: boolean;
  /** Fingerprint of what Meta last read back in full. */
  applied: string | undefined;
  previous: Outcome | undefined;
  /** Whether the number itself was looked at a moment ago. */
  isFollowUp: boolean;
  now: Date;
}

/** What a pass brings about. */
export interface PassEffects {
  graph: GraphClient;
  lookups: Lookups;
  /** Keeps the SIP password; returns the verdict where the API server refuses it. */
  /** Meta dials this name for the number, or none of ours. */
  dialled: (hostname: string | undefined) => void;
  keepPassword: (password: string) => Promise<Verdict | undefined>;
  /** Told of what was changed at Meta. */
  changed: (reason: 'SettingsWritten' | 'DriftCorrected' | 'Registered' | 'PasswordForgotten', note: string) => void;
  /** The wish for a new password is fulfilled. */
  rotated: () => Promise<void>;
  /** Whether just this was written a moment ago; and that it has just been written. */
  isFresh: (calling: CallingWrite) => boolean;
  written: (calling: CallingWrite) => void;
  /** The account has a registered number. */
  connected: () => void;
}

export class Pass {
  readonly #input: PassInput;
  readonly #effects: PassEffects;
  readonly #facts: Facts = { verdicts: {} };

  constructor(input: PassInput, effects: PassEffects) {
    this.#input = input;
    this.#effects = effects;
    this.#facts.announcement = input.previous?.settings?.announcement ?? input.number.status?.settings?.announcement;
  }

  /** What is known until now; after a failure too. */
  get outcome(): Outcome {
    return toOutcome(this.#facts, this.#input.previous, this.#input.now);
  }

  /** @throws GraphError; `outcome` then holds what was found before */
  async run(): Promise<void> {
    const { number, token, now } = this.#input;
    const { verdicts } = this.#facts;
    this.#facts.token = token;
    const credentials = judgeToken(token, number.spec.businessAccountID, now);
    Object.assign(verdicts, credentials.status === 'True' ? { CredentialsValid: credentials } : outcomes.withToken(credentials).verdicts);
    if (credentials.status !== 'True') return;
    const obstacle = (await this.#look()) ?? this.#badTimeZone();
    verdicts.WebhookSubscribed = await this.#keepWebhooks();
    if (obstacle) {
      verdicts.SettingsSynced = obstacle;
      return;
    }
    if (this.#input.rotate) await this.#rotate();
    await this.#conclude(await this.#bring());
  }

  /** The number and its account; returns a verdict where this is another number. */
  async #look(): Promise<Verdict | undefined> {
    const { number, isFollowUp } = this.#input;
    if (isFollowUp) return undefined;
    let node = await this.#readNode();
    if (shownDigits(node) !== digitsOf(number)) {
      return outcomes.otherNumber(node.display_phone_number, number.spec.phoneNumber);
    }
    if (await this.#register(node)) node = await this.#readNode();
    if (node.status === 'CONNECTED') this.#effects.connected();
    return undefined;
  }

  async #readNode(): Promise<NumberNode> {
    const { access, number } = this.#input;
    const node = await this.#effects.graph.number(access, number.spec.phoneNumberID);
    this.#facts.account = await this.#readAccount();
    this.#facts.node = node;
    return node;
  }

  /** An account that cannot be read is no obstacle: what it says is then not shown. */
  async #readAccount(): Promise<AccountNode | undefined> {
    const { access, number } = this.#input;
    try {
      return await this.#effects.lookups.account(access, number.spec.businessAccountID);
    } catch (error) {
      if (!(error instanceof GraphError) || error.kind === 'token') throw error;
      if (error.kind === 'unknown') this.#facts.verdicts.AccountApproved = outcomes.unknownAccount(number.spec.businessAccountID, error);
      return undefined;
    }
  }

  /** Registers a number that waits for it, where the spec gives its PIN. */
  async #register({ status }: NumberNode): Promise<boolean> {
    const { number, access, pin } = this.#input;
    if ((status !== 'PENDING' && status !== 'DISCONNECTED') || !pin || number.spec.management === 'Observe') return false;
    await this.#effects.graph.register(access, number.spec.phoneNumberID, pin);
    this.#effects.changed('Registered', 'registered the number with the Cloud API');
    return true;
  }

  #badTimeZone(): Verdict | undefined {
    const timeZone = this.#input.number.spec.calling.hours?.timeZone;
    if (timeZone === undefined || isTimeZone(timeZone)) return undefined;
    return stalled('InvalidTimeZone', `spec.calling.hours.timeZone "${timeZone}" is not known: write one such as "Europe/London"`);
  }

  #keepWebhooks(): Promise<Verdict> {
    const { number, access, token, appSecret, webhook } = this.#input;
    const { graph, lookups } = this.#effects;
    const app = { ...(token.app_id ? { appID: token.app_id } : {}), ...(appSecret ? { secret: appSecret } : {}) };
    return keepWebhooks({ graph, lookups, access, accountID: number.spec.businessAccountID, app, wish: webhook });
  }

  /** Makes Meta forget the password; what follows is as for a number that is new there. */
  async #rotate(): Promise<void> {
    const { number, access } = this.#input;
    this.#facts.verdicts.PasswordRotated = outcomes.rotating();
    this.#facts.applied = null;
    await this.#effects.graph.writeCalling(access, number.spec.phoneNumberID, FORGET_PASSWORD);
    this.#effects.changed('PasswordForgotten', 'SIP is switched off and on at Meta, so that it makes a new password');
    await this.#effects.rotated();
  }

  async #bring(): Promise<Brought & { wanted: WantedCalling }> {
    const { number, access, path, now, rotate, applied } = this.#input;
    const { graph, changed, written, isFresh } = this.#effects;
    const id = number.spec.phoneNumberID;
    const wanted = await this.#wanted();
    const brought = await bring({
      number,
      wanted,
      applied: rotate ? undefined : applied,
      notes: pastNotes(number, now),
      // After a rotation the proxies know the old password only.
      path: rotate && !number.spec.direct ? { gateway: false, what: 'every proxy has the new password' } : path,
      now,
      read: async () => ({ calling: await graph.calling(access, id), appID: this.#input.token.app_id }),
      write: async (calling) => {
        await graph.writeCalling(access, id, calling);
        written(calling);
      },
      wrote: (differences: readonly Difference[], isDrift) =>
        changed(isDrift ? 'DriftCorrected' : 'SettingsWritten', outcomes.changeNote(differences, isDrift)),
      isFresh,
    });
    return { ...brought, wanted };
  }

  async #wanted(): Promise<WantedCalling> {
    const { number, endpoint, now } = this.#input;
    return toWanted({ calling: number.spec.calling, endpoint, announcementID: await this.#announcementID(), now });
  }

  /** Meta's id of the announcement, which is uploaded where it is new. */
  async #announcementID(): Promise<string | undefined> {
    const { announcement, access, number } = this.#input;
    if (announcement.kind !== 'file') return undefined;
    const { fingerprint: mark, audio } = announcement;
    if (this.#facts.announcement?.fingerprint === mark) return this.#facts.announcement.mediaID;
    if (number.spec.management === 'Observe') return undefined;
    const mediaID = await this.#effects.graph.uploadAnnouncement(access, number.spec.phoneNumberID, audio);
    this.#facts.announcement = { fingerprint: mark, mediaID };
    return mediaID;
  }

  /** The password, servers of others, and what Meta says of calls after a change. */
  async #conclude({ wanted, observation, settings, drifted, wrote, complete, held }: Brought & { wanted: WantedCalling }): Promise<void> {
    const { endpoint, token, number } = this.#input;
    const { verdicts } = this.#facts;
    if (wrote && complete) await this.#readNode();
    this.#facts.restrictions = restrictionsOf(observation.calling);
    if (complete) this.#facts.applied = fingerprint(wanted);
    verdicts.Drifted = drifted;
    this.#facts.held = held;
    verdicts.OnlyServer = advisory(judgeServers(observation, endpoint.hostname, token.app_id));
    this.#effects.dialled(ownServer(observation, endpoint.hostname)?.hostname);
    const password = sipPassword(observation, endpoint.hostname);
    if (password) verdicts.SettingsSynced = (await this.#effects.keepPassword(password)) ?? this.#withAnnouncement(settings);
    else verdicts.SettingsSynced = number.spec.management === 'Observe' ? settings : outcomes.withoutPassword(settings, observation);
  }

  #withAnnouncement(settings: Verdict): Verdict {
    const { announcement } = this.#input;
    return announcement.kind === 'problem' && settings.status === 'True' ? outcomes.announcementMissing(announcement.message) : settings;
  }
}

function pastNotes({ spec }: WhatsAppNumber, now: Date): string[] {
  const past = pastHolidays(spec.calling, now).map(({ date }) => date);
  return past.length > 0 ? [`past holidays are left out: ${past.join(', ')}`] : [];
}

function judgeServers(observation: Observation, hostname: string, appID: string | undefined): Verdict {
  const foreign = foreignServers(observation, hostname);
  return foreign.length === 0 ? outcomes.onlyServer : outcomes.foreignServer(foreign, appID);
}
