// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
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
  /** Numbers of which the route gets no call, because one that comes before it takes them all, and which. */
  lost: { number: string; to: string }[];
  /** Numbers of which another route gets no call, because this one takes them all, and which. */
  won: { number: string; from: string }[];
}

/** A route of a number, and the one before it that takes all its calls, if there is one. */
interface Turn {
  route: SipRoute;
  taker: SipRoute | undefined;
}

type Direction = SipRoute['spec']['direction'];

/** The routes of a number in the order in which they have their turn, without those that no call would reach. */
export const routesOf = (view: RoutingView, number: string, direction: Direction): SipRoute[] =>
  turnsOf(view, number, direction).flatMap(({ route, taker }) => (taker ? [] : [route]));

function turnsOf(view: RoutingView, number: string, direction: Direction): Turn[] {
  const sorted = view.routesOf(number).filter(({ spec }) => spec.direction === direction).toSorted(byTurn);
  return sorted.map((route, i) => ({ route, taker: sorted.slice(0, i).find((before) => takesAllOf(before, route)) }));
}

/** By priority; a route with a match comes before one that takes whatever is left. */
const byTurn = (a: SipRoute, b: SipRoute): number =>
  a.spec.priority - b.spec.priority || Number(!a.spec.match) - Number(!b.spec.match) || byAge(a, b);

/** Whether a route that has its turn before another leaves it no call, as far as that is plain to see. */
const takesAllOf = ({ spec: { match, sources } }: SipRoute, other: SipRoute): boolean =>
  (!match || isDeepStrictEqual(match, other.spec.match)) && isDeepStrictEqual(sources, other.spec.sources);

export function judgeRoute(view: RoutingView, route: SipRoute): RouteVerdict {
  const verdict: RouteVerdict = { served: [], missing: [], direct: [], lost: [], won: [] };
  const isThis = (other: SipRoute | undefined): boolean => other?.metadata.name === route.metadata.name;
  for (const { name } of route.spec.numbers) {
    const number = view.number(name);
    const turns = turnsOf(view, name, route.spec.direction);
    const taker = turns.find((turn) => isThis(turn.route))?.taker;
    if (!number) {
      verdict.missing.push(name);
    } else if (number.spec.direct) {
      verdict.direct.push(name);
    } else if (taker) {
      verdict.lost.push({ number: name, to: taker.metadata.name });
    } else {
      verdict.served.push(name);
      verdict.won.push(...turns.filter((turn) => isThis(turn.taker)).map((turn) => ({ number: name, from: turn.route.metadata.name })));
    }
  }
  return verdict;
}
