// SPDX-License-Identifier: Apache-2.0
// How many requests came, by whom and for what.

export interface Counts {
  /** All that came, also those that an ordered fault kept from being carried out. */
  readonly requests: number;
  /** Answers that said "too many requests": by the limits, or by an ordered fault. */
  readonly throttled: number;
  readonly byApp: Readonly<Record<string, number>>;
  /** By WhatsApp Business Account; requests to a number are its account's. */
  readonly byAccount: Readonly<Record<string, number>>;
  /** Keys are `APPID/WABA`. */
  readonly byAppAndAccount: Readonly<Record<string, number>>;
  /** Keys are like `GET /{number}/settings`, `GET /{account}/phone_numbers`, `GET /debug_token`. */
  readonly byKind: Readonly<Record<string, number>>;
}

export interface Counted {
  readonly kind: string;
  /** Undefined when the token is nobody's. */
  readonly appId: string | undefined;
  /** Undefined when the request is about no account that exists. */
  readonly accountID: string | undefined;
}

export class Counter {
  #requests = 0;
  #throttled = 0;
  readonly #byApp = new Map<string, number>();
  readonly #byAccount = new Map<string, number>();
  readonly #byBoth = new Map<string, number>();
  readonly #byKind = new Map<string, number>();

  add({ kind, appId, accountID }: Counted): void {
    this.#requests++;
    bump(this.#byKind, kind);
    if (appId !== undefined) bump(this.#byApp, appId);
    if (accountID !== undefined) bump(this.#byAccount, accountID);
    if (appId !== undefined && accountID !== undefined) bump(this.#byBoth, `${appId}/${accountID}`);
  }

  addThrottled(): void {
    this.#throttled++;
  }

  read(): Counts {
    return {
      requests: this.#requests,
      throttled: this.#throttled,
      byApp: Object.fromEntries(this.#byApp),
      byAccount: Object.fromEntries(this.#byAccount),
      byAppAndAccount: Object.fromEntries(this.#byBoth),
      byKind: Object.fromEntries(this.#byKind),
    };
  }

  reset(): void {
    this.#requests = 0;
    this.#throttled = 0;
    for (const map of [this.#byApp, this.#byAccount, this.#byBoth, this.#byKind]) map.clear();
  }
}

function bump(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
