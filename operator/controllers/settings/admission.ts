// SPDX-License-Identifier: Apache-2.0
// Who asks Meta for a number, and when: the token's app, and a place in line at its limits for a whole pass.
import type { WhatsAppNumber } from '../../api/whatsappnumber.ts';
import { keyOf } from '../../kube/objects.ts';
import type { Budget } from '../../meta/budget.ts';
import { fingerprintOf, type Lookups } from '../../meta/lookups.ts';
import type { TokenInfo } from '../../meta/token.ts';
import type { Access } from '../../meta/transport.ts';
import type { NumberSecrets } from './credentials.ts';

/** Requests of a pass that writes: the number twice, the settings twice and three writes. */
const PASS_COST = 7;

/** A pass that may begin. */
export interface Admitted {
  access: Access;
  token: TokenInfo;
}

export class Admission {
  readonly #budget: Budget;
  readonly #lookups: Lookups;

  constructor(budget: Budget, lookups: Lookups) {
    this.#budget = budget;
    this.#lookups = lookups;
  }

  /**
   * Milliseconds until the number's turn comes, or admission. Whoever was admitted calls `leave` in the end.
   * @throws GraphError where Meta does not say what the token is; the place in line is then given up
   */
  async enter(number: WhatsAppNumber, secrets: NumberSecrets, signal: AbortSignal): Promise<Admitted | number> {
    const booking = keyOf(number.metadata);
    const account = number.spec.businessAccountID;
    const base = { token: secrets.token, appSecret: secrets.appSecret, booking, signal };
    // As long as its app is unknown, the token stands for it.
    const unknown: Access = { ...base, payer: { app: fingerprintOf(secrets.token), account } };
    if (!this.#lookups.knowsToken(secrets.token)) {
      const wait = this.#budget.book(booking, unknown.payer, 1);
      if (wait > 0) return wait;
    }
    try {
      const token = await this.#lookups.token(unknown);
      const access: Access = { ...base, payer: { app: token.app_id ?? unknown.payer.app, account } };
      const wait = this.#budget.book(booking, access.payer, PASS_COST + this.#lookups.cost(access, account));
      return wait > 0 ? wait : { access, token };
    } catch (error) {
      this.leave(number);
      throw error;
    }
  }

  /** What is known of the token and the account is asked anew next time. */
  forget({ spec }: WhatsAppNumber, { token }: NumberSecrets): void {
    this.#lookups.forget(token, spec.businessAccountID);
  }

  /** Gives back what was booked and not used. */
  leave(number: WhatsAppNumber): void {
    this.#budget.settle(keyOf(number.metadata));
  }
}
