// SPDX-License-Identifier: Apache-2.0
// Access tokens: of system users, with scopes and targets, and of apps (`APPID|SECRET`).
import { type AppState, isProof } from './app.ts';
import { badToken, GraphError } from './errors.ts';

export type Scope = 'whatsapp_business_management' | 'whatsapp_business_messaging';

export interface TokenInput {
  readonly token: string;
  readonly appId: string;
  readonly scopes: readonly Scope[];
  /** Unix seconds; never when left out. */
  readonly expiresAt?: number;
  /** The WhatsApp Business Accounts the token was granted for; all when left out. */
  readonly accounts?: readonly string[];
  /** The numbers the token may see; all when left out. */
  readonly phoneNumberIDs?: readonly string[];
}

/** Who asks. */
export interface Caller {
  readonly app: AppState;
  /** Undefined for an app access token. */
  readonly token: TokenInput | undefined;
}

export class Tokens {
  readonly #known = new Map<string, TokenInput>();
  readonly #revoked = new Set<string>();
  readonly #apps: ReadonlyMap<string, AppState>;

  constructor(apps: ReadonlyMap<string, AppState>) {
    this.#apps = apps;
  }

  add(input: TokenInput): void {
    this.#known.set(input.token, input);
    this.#revoked.delete(input.token);
  }

  revoke(token: string): void {
    if (this.#known.has(token)) this.#revoked.add(token);
  }

  /** Every token there was, revoked ones too. */
  all(): Iterable<TokenInput> {
    return this.#known.values();
  }

  /** Whose token it is, good or not. */
  caller(token: string): Caller | undefined {
    const [appId = '', secret] = token.split('|');
    const known = this.#known.get(token);
    const app = this.#apps.get(known?.appId ?? appId);
    if (app === undefined) return undefined;
    if (known) return { app, token: known };
    return secret === app.secret ? { app, token: undefined } : undefined;
  }

  /** Why a token is no good, if it is not. `now` in milliseconds. */
  problem(token: string, now: number): GraphError | undefined {
    const caller = this.caller(token);
    if (caller === undefined) {
      const fault = token.includes('|') ? 'signature.' : '- Cannot parse access token';
      return badToken(`Invalid OAuth access token ${fault}`);
    }
    if (this.#revoked.has(token)) {
      // Assumed subcode: 460 is what Graph says when a session was ended by the owner's side.
      return badToken('Error validating access token: The session has been invalidated because the user changed their '
        + 'password or Facebook has changed the session for security reasons.', 460);
    }
    const expiresAt = (caller.token?.expiresAt ?? Infinity) * 1000;
    if (expiresAt > now) return undefined;
    return badToken(`Error validating access token: Session has expired on ${toMoment(expiresAt)}. `
      + `The current time is ${toMoment(now)}.`, 463);
  }

  /** Who asks. Throws GraphError 190 for a bad token, 100 for a proof that is wrong, or missing where it must be. */
  authenticate(token: string | undefined, proof: string | null, now: number): Caller {
    if (token === undefined || token === '') {
      throw badToken('An access token is required to request this resource.');
    }
    const problem = this.problem(token, now);
    const caller = this.caller(token);
    if (problem !== undefined || caller === undefined) throw problem ?? badToken('Invalid OAuth access token');
    if (proof !== null && !isProof(caller.app, token, proof)) {
      throw proofError('Invalid appsecret_proof provided in the API argument');
    }
    if (proof === null && caller.app.requireProof && caller.token !== undefined) {
      throw proofError('API calls from the server require an appsecret_proof argument');
    }
    return caller;
  }
}

function proofError(message: string): GraphError {
  return new GraphError({ status: 400, code: 100, type: 'GraphMethodException', plain: true }, message);
}

/** As Graph writes moments in these errors, e.g. `Tuesday, 05-Apr-16 23:00:00 UTC`. */
function toMoment(ms: number): string {
  const date = new Date(ms);
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(date);
  const [, day, month, year = '', time] = date.toUTCString().split(' ');
  return `${weekday}, ${day}-${month}-${year.slice(2)} ${time} UTC`;
}
