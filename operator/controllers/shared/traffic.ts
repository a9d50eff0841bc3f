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
  readonly #byGateway = new Map<string, Proxies>();
  /** Wrong answers since somebody was told, by gateway and digits. */
  readonly #wrong = new Map<string, number>();
  readonly #refused: (gateway: string, digits: string) => void;

  /** @param refused told of numbers whose calls are refused again and again for a wrong digest answer */
  constructor(refused: (gateway: string, digits: string) => void) {
    this.#refused = refused;
  }

  /** Takes in what the proxies of a gateway say now; undefined for one that does not answer. */
  observe(gateway: string, proxies: Proxies): void {
    const before = this.#byGateway.get(gateway);
    this.#byGateway.set(gateway, proxies);
    for (const [name, traffic] of proxies) {
      // Of a proxy seen for the first time it is not known since when it counts.
      const known = before?.get(name)?.refusals;
      if (known) this.#count(gateway, known, traffic?.refusals ?? {});
    }
  }

  /** Live calls of a number; undefined where no proxy can tell. */
  calls(gateway: string, digits: string): number | undefined {
    const told = [...(this.#byGateway.get(gateway)?.values() ?? [])].map((traffic) => traffic?.calls).filter((calls) => calls != null);
    return told.length === 0 ? undefined : Math.max(...told.map((calls) => calls[digits] ?? 0));
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
