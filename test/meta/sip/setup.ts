// SPDX-License-Identifier: Apache-2.0
// The set-up of a user-initiated call: INVITE, the answer to a challenge, CANCEL.
import { randomBytes, randomInt } from 'node:crypto';
import type { SipConnection } from './connection.ts';
import { checkVias } from './dialog.ts';
import { credentials, parseChallenge } from './digest.ts';
import { type SipEndpoint, TransactionError } from './endpoint.ts';
import type { Journal } from './journal.ts';
import { header, type Header, type SipRequest, type SipResponse } from './message.ts';
import type { CallPlan, CallTimings } from './outcome.ts';
import { buildInvite, type InviteInput } from './requests.ts';
import { InviteTransaction } from './transaction.ts';

export interface SetupOptions {
  readonly endpoint: SipEndpoint;
  readonly connection: SipConnection;
  readonly journal: Journal;
  readonly timings: CallTimings;
  /** Hears a 2xx that comes after the first one. */
  repeated(response: SipResponse): void;
}

export interface SetupResult {
  readonly invite: SipRequest;
  readonly response: SipResponse;
}

const challenges: Readonly<Record<number, readonly [asked: string, answered: string]>> = {
  401: ['WWW-Authenticate', 'Authorization'],
  407: ['Proxy-Authenticate', 'Proxy-Authorization'],
};

export class CallSetup {
  readonly #options: SetupOptions;
  #sequence = randomInt(1, 30_000);
  #transaction: InviteTransaction | undefined;
  #cancelledBy: 'user' | 'meta' | undefined;

  constructor(options: SetupOptions) {
    this.#options = options;
  }

  /** Who gave up, if anybody did. */
  get cancelledBy(): 'user' | 'meta' | undefined {
    return this.#cancelledBy;
  }

  /** Sends the INVITE, once more with credentials when challenged. Rejects with TransactionError. */
  async run(plan: CallPlan, input: Omit<InviteInput, 'cseq'>): Promise<SetupResult> {
    const timer = setTimeout(() => this.cancel('meta'), this.#options.timings.answerTimeoutMs);
    try {
      const first = await this.#invite(input);
      const authorization = this.#cancelledBy === undefined ? this.#authorize(first.response, plan) : undefined;
      return authorization === undefined ? first : await this.#invite(input, authorization);
    } finally {
      clearTimeout(timer);
    }
  }

  cancel(by: 'user' | 'meta'): void {
    if (this.#cancelledBy !== undefined) return;
    this.#cancelledBy = by;
    this.#options.journal.note(`given up by ${by}`);
    this.#transaction?.cancel();
  }

  async #invite(input: Omit<InviteInput, 'cseq'>, authorization?: Header): Promise<SetupResult> {
    const { endpoint, connection, journal, timings } = this.#options;
    if (!connection.open) throw new TransactionError('connection_closed', 'the connection closed before the INVITE');
    this.#sequence += 1;
    const invite = buildInvite({ ...input, cseq: this.#sequence }, connection, authorization);
    journal.invites.push(invite);
    journal.note('INVITE sent');
    this.#transaction = new InviteTransaction(endpoint, connection, invite, {
      timeoutMs: timings.transactionTimeoutMs,
      provisional: (response) => this.#heard(response),
      cancelled: () => journal.note('CANCEL sent'),
      repeated: (response) => this.#options.repeated(response),
    });
    if (this.#cancelledBy !== undefined) this.#transaction.cancel();
    const response = await this.#transaction.final;
    this.#heard(response);
    const changed = checkVias(invite, response);
    if (changed) journal.find(changed);
    return { invite, response };
  }

  #heard(response: SipResponse): void {
    this.#options.journal.responses.push(response);
    this.#options.journal.note(`${response.status} ${response.reason}`);
  }

  #authorize(response: SipResponse, plan: CallPlan): Header | undefined {
    const names = challenges[response.status];
    if (names === undefined) return undefined;
    const [asked, answered] = names;
    const text = header(response, asked) ?? '';
    const challenge = parseChallenge(text);
    if (challenge?.algorithm.toUpperCase() !== 'MD5') {
      const detail = `${response.status} with ${asked} "${text}": Meta's sample answers MD5 digests only`;
      this.#options.journal.find({ code: 'unusable_challenge', detail });
      return undefined;
    }
    const value = credentials(challenge, {
      username: plan.businessNumber.replace('+', ''),
      password: plan.password,
      method: 'INVITE',
      uri: `sip:${plan.businessNumber}@${plan.hostname}`, // without the transport parameter of the request URI
      cnonce: randomBytes(8).toString('hex'),
      nc: '00000001',
    });
    return { name: answered, value };
  }
}
