// SPDX-License-Identifier: Apache-2.0
import type { SipRoute } from '../api/siproute.ts';
import { byAge } from './precedence.ts';
import type { RoutingView } from './view.ts';

/** What became of a route. */
export interface RouteVerdict {
  /** Numbers that the route serves. */
  served: string[];
  /** Numbers that do not exist. */
  missing: string[];
  /** Numbers whose calls go to their own destination. */
  direct: string[];
  /** Numbers that an older route serves, and which. */
  lost: { number: string; to: string }[];
  /** Numbers that a younger route asks for in vain, and which. */
  won: { number: string; from: string }[];
}

/** The route of a number: the oldest that names it. */
export const routeOf = (view: RoutingView, number: string): SipRoute | undefined => view.routesOf(number).toSorted(byAge)[0];

export function judgeRoute(view: RoutingView, route: SipRoute): RouteVerdict {
  const verdict: RouteVerdict = { served: [], missing: [], direct: [], lost: [], won: [] };
  for (const { name } of route.spec.numbers) {
    const number = view.number(name);
    const [winner, ...others] = view.routesOf(name).toSorted(byAge);
    if (!number) {
      verdict.missing.push(name);
    } else if (number.spec.direct) {
      verdict.direct.push(name);
    } else if (winner && winner.metadata.name !== route.metadata.name) {
      verdict.lost.push({ number: name, to: winner.metadata.name });
    } else {
      verdict.served.push(name);
      verdict.won.push(...others.map(({ metadata }) => ({ number: name, from: metadata.name })));
    }
  }
  return verdict;
}
