// SPDX-License-Identifier: Apache-2.0
// Passwords that routes name, of digest users and for destinations, as far as they could be read: in memory alone.
import { passwordRefsOf, type PasswordRef, type SipRoute } from '../../api/siproute.ts';
import { keyOf } from '../../kube/objects.ts';

/** What a password is kept by within a route. */
const nameOf = ({ name, key }: PasswordRef): string => `${name}/${key}`;

export class RoutePasswords {
  readonly #byRoute = new Map<string, ReadonlyMap<string, string>>();
  readonly #handlers = new Set<(route: SipRoute) => void>();

  /** Calls `handler` with each route of which a password is another from now on. */
  subscribe(handler: (route: SipRoute) => void): void {
    this.#handlers.add(handler);
  }

  /** What could be read of those that a route names. */
  keep(route: SipRoute, read: readonly (readonly [PasswordRef, string])[]): void {
    const key = keyOf(route.metadata);
    const passwords = new Map(read.map(([ref, password]) => [nameOf(ref), password]));
    const before = this.#byRoute.get(key);
    this.#byRoute.set(key, passwords);
    const isSame = before?.size === passwords.size && [...passwords].every(([name, password]) => before.get(name) === password);
    if (!isSame) for (const handler of this.#handlers) handler(route);
  }

  forget(key: string): void {
    this.#byRoute.delete(key);
  }

  get(route: SipRoute, ref: PasswordRef): string | undefined {
    return this.#byRoute.get(keyOf(route.metadata))?.get(nameOf(ref));
  }

  /** Whether every route that names any was read: until then what is known is less than what there is. */
  isComplete(routes: readonly SipRoute[]): boolean {
    const own = routes.filter((route) => route.metadata.deletionTimestamp === undefined && passwordRefsOf(route).length > 0);
    return own.every(({ metadata }) => this.#byRoute.has(keyOf(metadata)));
  }
}
