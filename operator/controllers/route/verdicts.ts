// SPDX-License-Identifier: Apache-2.0
// A route's conditions, named as in the Gateway API. Pure.
import { advisory, no, stalled, unknown, yes, type Judgement, type Verdict } from '../../api/conditions.ts';
import type { SipRoute, SipRouteStatus } from '../../api/siproute.ts';
import type { RouteVerdict } from '../../routing/routes.ts';
import { shownAs } from '../../routing/presets.ts';
import { standing } from '../shared/standing.ts';

export interface RouteView {
  route: SipRoute;
  verdict: RouteVerdict;
  /** Of the numbers that the route serves: those that are not programmed, each with why. */
  waiting: { number: string; gateway: string; message: string }[];
  /** Whether it is known what the proxies of the waiting numbers serve. */
  appliedKnown: boolean;
  /** What a password that the route names lacks, be it of a digest user or for a destination. */
  credentials: Verdict | undefined;
  /** What is wrong with announcements, each in a sentence. */
  announcements: readonly string[];
  /** As calls get them, with what came of the probes of those that are probed. */
  destinations: NonNullable<SipRouteStatus['destinations']>;
}

export function judgeRoute({ route, verdict, waiting, appliedKnown, credentials, announcements, destinations }: RouteView): Judgement {
  const verdicts = {
    Accepted: judgeAccepted(verdict),
    ResolvedRefs: judgeRefs(verdict, credentials, announcements),
    ...(destinations.some(({ state }) => state) ? { DestinationsUp: advisory(judgeDestinations(destinations)) } : {}),
    Programmed: (appliedKnown ? undefined : standing(route, 'Programmed')) ?? judgeProgrammed(verdict, waiting),
  };
  return { generation: route.metadata.generation, verdicts, summary: summarise(route, verdict) };
}

function summarise({ spec: { match, sources, destinations = [] } }: SipRoute, { served }: RouteVerdict): string {
  const which = match ? ' that match' : '';
  if (sources) return `calls${which} ${callers(sources)} go to WhatsApp users by ${list(served)}`;
  return `calls to ${list(served)}${which} go to ${describe(destinations)}`;
}

function callers({ networks = [], users = [] }: NonNullable<SipRoute['spec']['sources']>): string {
  const parts = [...(networks.length > 0 ? [`from ${networks.join(', ')}`] : []), ...(users.length > 0 ? [`by ${users.map(({ username }) => quoted(username)).join(', ')}`] : [])];
  return parts.join(' or ');
}

function judgeAccepted({ lost, won }: RouteVerdict): Verdict {
  const [first] = lost;
  if (first) {
    const others = lost.map(({ number, to }) => `route ${quoted(to)} comes first for ${quoted(number)} and takes all of its calls`).join(', ');
    return stalled('Conflict', `${others}: give the one that is to have its turn first a lower priority or a match, or remove the number from one of the two`);
  }
  const ignored = won.map(({ number, from }) => `; route ${quoted(from)} also names ${quoted(number)}, and gets no call of it because this one takes them all`);
  return yes('Accepted', `the route is valid${ignored.join('')}`);
}

function judgeRefs({ missing, direct }: RouteVerdict, credentials: Verdict | undefined, [problem]: readonly string[]): Verdict {
  if (missing.length === 0 && direct.length > 0) {
    return no('NumberDirect', `Meta dials the destination of ${list(direct)} itself: remove spec.direct there, or the number from spec.numbers`);
  }
  if (missing.length === 0 && credentials) return credentials;
  if (missing.length === 0 && problem !== undefined) return no('AnnouncementUnusable', problem);
  if (missing.length === 0) return yes('NumbersFound', 'every number exists');
  const verb = missing.length === 1 ? 'does not exist' : 'do not exist';
  return no('NumberNotFound', `WhatsAppNumber ${list(missing)} ${verb} in this namespace: create it or correct spec.numbers`);
}

function judgeProgrammed({ served }: RouteVerdict, waiting: RouteView['waiting']): Verdict {
  const [first] = waiting;
  if (first) return no('NumberNotProgrammed', `number ${quoted(first.number)}: ${first.message}`);
  if (served.length === 0) return no('NumberNotProgrammed', 'the route serves no number');
  return yes('Applied', 'every proxy serves the route');
}

/** Advice: a call passes those by that are down, and only all of them down would be one too few. */
function judgeDestinations(destinations: RouteView['destinations']): Verdict {
  const of = (state: string): string[] => destinations.filter((each) => each.state === state).map(({ uri }) => uri);
  const down = of('Down');
  if (down.length > 0) {
    return no('DestinationDown', `no proxy gets an answer to its probes from ${down.join(', ')}: calls go there only where nothing else is left`);
  }
  const open = of('Unknown');
  if (open.length > 0) return unknown('Pending', `the proxies have not asked ${open.join(', ')} yet`);
  return yes('DestinationsAnswer', 'every destination that is probed answers');
}

/** Destinations in the order in which they are tried. */
function describe(destinations: NonNullable<SipRoute['spec']['destinations']>): string {
  const levels = Map.groupBy(destinations.toSorted((a, b) => a.priority - b.priority), ({ priority }) => priority);
  return [...levels.values()].map((level) => level.map(shownAs).join(' and ')).join(', then ');
}

const quoted = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');
