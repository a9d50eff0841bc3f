// SPDX-License-Identifier: Apache-2.0
import type { SipRoute } from '../api/siproute.ts';
import { byAge } from './precedence.ts';

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

export interface RouteChoice {
  /** The winning route of each number, by the number's name. */
  winners: Map<string, SipRoute>;
  verdicts: Map<string, RouteVerdict>;
}

/** Chooses the route of each number: the oldest that names it. `modeOf` a number that does not exist is undefined. */
export function chooseRoutes(routes: readonly SipRoute[], modeOf: (name: string) => 'proxied' | 'direct' | undefined): RouteChoice {
  const winners = new Map<string, SipRoute>();
  const verdicts = new Map<string, RouteVerdict>();
  for (const route of [...routes].sort(byAge)) {
    const verdict: RouteVerdict = { served: [], missing: [], direct: [], lost: [], won: [] };
    verdicts.set(route.metadata.name, verdict);
    for (const { name } of route.spec.numbers) {
      const winner = winners.get(name);
      const mode = modeOf(name);
      if (mode === undefined) {
        verdict.missing.push(name);
      } else if (mode === 'direct') {
        verdict.direct.push(name);
      } else if (winner) {
        verdict.lost.push({ number: name, to: winner.metadata.name });
        verdicts.get(winner.metadata.name)?.won.push({ number: name, from: route.metadata.name });
      } else {
        winners.set(name, route);
        verdict.served.push(name);
      }
    }
  }
  return { winners, verdicts };
}
