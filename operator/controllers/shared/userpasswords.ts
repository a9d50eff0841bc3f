// SPDX-License-Identifier: Apache-2.0
// Passwords of the digest users that outbound routes name, as far as they could be read: in memory alone.
import type { SipRoute } from '../../api/siproute.ts';
import { keyOf } from '../../kube/objects.ts';

export class UserPasswords {
  readonly #byRoute = new Map<string, ReadonlyMap<string, string>>();
  readonly #handlers = new Set<() => void>();

  /** Calls `handler` where any password is another from now on. */
  subscribe(handler: () => void): void {
    this.#handlers.add(handler);
  }

  /** What could be read of a route's users: passwords by their names. */
  keep(route: SipRoute, passwords: ReadonlyMap<string, string>): void {
    const key = keyOf(route.metadata);
    const before = this.#byRoute.get(key);
    this.#byRoute.set(key, passwords);
    const isSame = before?.size === passwords.size && [...passwords].every(([name, password]) => before.get(name) === password);
    if (!isSame) for (const handler of this.#handlers) handler();
  }

  forget(key: string): void {
    this.#byRoute.delete(key);
  }

  get(route: SipRoute, username: string): string | undefined {
    return this.#byRoute.get(keyOf(route.metadata))?.get(username);
  }

  /** Whether every route that has users was read: until then what is known is less than what there is. */
  isComplete(routes: readonly SipRoute[]): boolean {
    const own = routes.filter(({ metadata, spec }) => spec.sources?.users !== undefined && metadata.deletionTimestamp === undefined);
    return own.every(({ metadata }) => this.#byRoute.has(keyOf(metadata)));
  }
}
