// SPDX-License-Identifier: Apache-2.0

/** What one proxy says of calls, by the business number's digits; nothing where it does not know. */
export interface ProxyTraffic {
  /** Live calls of the whole gateway, as its media relays know them. */
  calls?: Readonly<Record<string, number>> | null | undefined;
  /** Wrong digest answers to this proxy since its engine's start. */
  refusals?: Readonly<Record<string, number>> | null | undefined;
}

/** So many wrong digest answers are no accident: the number's password has changed at Meta. */
const SUSPICIOUS = 3;

type Proxies = ReadonlyMap<string, ProxyTraffic | undefined>;

/** What the proxies of each gateway last said of their calls. */
export class Traffic {
  readonly #byGateway = new Map<string, { proxies: Proxies; at: number }>();
  /** Wrong answers since somebody was told, by gateway and digits. */
  readonly #wrong = new Map<string, number>();
  readonly #now: () => number;
  readonly #refused: (gateway: string, digits: string) => void;
  readonly #observed: (gateway: string) => void;

  /**
   * @param now milliseconds of a clock that never goes back
   * @param refused told of numbers whose calls are refused again and again for a wrong digest answer
   * @param observed told of gateways whose proxies were asked
   */
  constructor(now: () => number, refused: (gateway: string, digits: string) => void, observed: (gateway: string) => void) {
    this.#now = now;
    this.#refused = refused;
    this.#observed = observed;
  }

  /** Takes in what the proxies of a gateway were asked at a time; undefined for one that does not answer. */
  observe(gateway: string, proxies: Proxies, at = this.#now()): void {
    const before = this.#byGateway.get(gateway)?.proxies;
    this.#byGateway.set(gateway, { proxies, at });
    for (const [name, traffic] of proxies) {
      // Of a proxy seen for the first time it is not known since when it counts.
      const known = before?.get(name)?.refusals;
      if (known) this.#count(gateway, known, traffic?.refusals ?? {});
    }
    this.#observed(gateway);
  }

  /** Live calls of a number; undefined where no proxy has told since then. */
  calls(gateway: string, digits: string, since = -Infinity): number | undefined {
    return this.#most(gateway, since, (calls) => calls[digits] ?? 0);
  }

  /** Live calls of all numbers together; undefined as above. */
  allCalls(gateway: string): number | undefined {
    return this.#most(gateway, -Infinity, (calls) => Object.values(calls).reduce((sum, count) => sum + count, 0));
  }

  /** By the proxy that tells of most: each knows of all calls, and one may have asked a little later. */
  #most(gateway: string, since: number, of: (calls: Readonly<Record<string, number>>) => number): number | undefined {
    const known = this.#byGateway.get(gateway);
    if (!known || known.at < since) return undefined;
    const told = [...known.proxies.values()].map((traffic) => traffic?.calls).filter((calls) => calls != null);
    return told.length === 0 ? undefined : Math.max(...told.map((calls) => of(calls)));
  }

  /** Whether the proxies of a gateway were asked since the start. */
  knows(gateway: string): boolean {
    return this.#byGateway.has(gateway);
  }

  forget(gateway: string): void {
    this.#byGateway.delete(gateway);
  }

  #count(gateway: string, before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): void {
    for (const [digits, count] of Object.entries(now)) {
      const more = count - (before[digits] ?? 0);
      if (more <= 0) continue;
      const id = `${gateway} ${digits}`;
      const sum = (this.#wrong.get(id) ?? 0) + more;
      this.#wrong.delete(id);
      if (sum >= SUSPICIOUS) this.#refused(gateway, digits);
      else this.#wrong.set(id, sum);
    }
  }
}
