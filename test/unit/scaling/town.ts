// SPDX-License-Identifier: Apache-2.0
// A gateway's calls over days, played in seconds against the decisions that the operator takes: calls come and end, the proxies
// give each to the roomiest pod, pods take their time to start, and the proxies theirs to hear of them.
import { NO_MEMORY, type Memory } from '../../../operator/scaling/demand.ts';
import { plan, type Moment, type Plan } from '../../../operator/scaling/decide.ts';
import { stateOf, type MediaPod, type PodState } from '../../../operator/scaling/pod.ts';
import { podsFor, type Policy } from '../../../operator/scaling/policy.ts';
import type { Shape } from './shapes.ts';

/** What calls are played against. */
export interface Rules {
  policy: Policy;
  /** From a pod's creation until it is ready, in seconds. */
  startS: number;
  /** From a change of the pool until every proxy goes by it, in seconds. */
  tellS: number;
  /** So long after proxies took in new pods they take in no others, in seconds. */
  reloadS: number;
  /** Whether a pod tells its calls in some second. */
  tells?: (pod: string, second: number) => boolean;
  /** Seconds by which the clock on the wall jumps in some second. */
  jump?: (second: number) => number;
  /** Whether a pod that is up can be relied on in some second. */
  health?: (pod: string, second: number) => 'ready' | 'unready';
  /** How many pods are wanted, by someone who knows what comes; left out, the operator decides. */
  wanted?: (second: number) => number;
}

export interface Outcome {
  calls: number;
  /** Calls that found no room while the pool might have been larger, and while it might not. */
  refused: number;
  refusedAtMost: number;
  podHours: number;
  /** Calls that were cut off, and those of them whose pod had not waited for as long as it may. */
  cut: number;
  cutEarly: number;
  /** How often pods were made, drained, and taken back. */
  made: number;
  drained: number;
  takenBack: number;
  /** What was seen, every second. */
  looks: { calls: number; room: number; ready: number; draining: number }[];
}

interface Relay {
  name: string;
  createdS: number;
  calls: number;
  drain: MediaPod['drain'];
  /** When the proxies may give it calls. */
  takesFrom: number;
  takesUntil: number;
}

/** The same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const START_MS = Date.UTC(2026, 0, 5);

class Town {
  readonly outcome: Outcome = { calls: 0, refused: 0, refusedAtMost: 0, podHours: 0, cut: 0, cutEarly: 0, made: 0, drained: 0, takenBack: 0, looks: [] };
  readonly #rules: Rules;
  readonly #random: () => number;
  #relays: Relay[] = [];
  /** Whose call ends, by the second. */
  readonly #endings = new Map<number, Relay[]>();
  #memory: Memory = NO_MEMORY;
  #serial = 0;
  #wallMs = START_MS;
  /** When the proxies take in new pods next, or did so last. */
  #reloadS = -Infinity;

  constructor(rules: Rules, random: () => number) {
    this.#rules = rules;
    this.#random = random;
    const { policy, startS, tellS, reloadS } = rules;
    this.#make(policy.minPods, -startS - tellS - reloadS);
  }

  second(second: number, { rate, holding }: Shape): void {
    this.#wallMs += 1000 + 1000 * (this.#rules.jump?.(second) ?? 0);
    for (const relay of this.#endings.get(second) ?? []) relay.calls -= 1;
    this.#endings.delete(second);
    for (let more = poisson(rate(second), this.#random); more > 0; more -= 1) this.#call(second, holding);
    this.outcome.podHours += this.#relays.length / 3600;
    const pods = this.#relays.map((relay) => this.#seen(relay, second));
    this.#note(pods);
    this.#scale(pods, second);
  }

  #call(second: number, holding: Shape['holding']): void {
    const { outcome } = this;
    const { callsPerPod, maxPods } = this.#rules.policy;
    outcome.calls += 1;
    const taking = this.#relays.filter((relay) => this.#takes(relay, second));
    const relay = taking.reduce<Relay | undefined>((best, each) => (each.calls < (best?.calls ?? callsPerPod) ? each : best), undefined);
    if (relay) {
      relay.calls += 1;
      const end = second + 1 + Math.floor(holding(this.#random));
      this.#endings.set(end, [...(this.#endings.get(end) ?? []), relay]);
    } else if (taking.length >= maxPods) {
      outcome.refusedAtMost += 1;
    } else {
      outcome.refused += 1;
    }
  }

  #healthOf({ name, createdS }: Relay, second: number): MediaPod['health'] {
    return second < createdS + this.#rules.startS ? 'starting' : (this.#rules.health?.(name, second) ?? 'ready');
  }

  #takes(relay: Relay, second: number): boolean {
    return second >= relay.takesFrom && second < relay.takesUntil && this.#healthOf(relay, second) === 'ready';
  }

  #seen = (relay: Relay, second: number): MediaPod => {
    const health = this.#healthOf(relay, second);
    const tells = health !== 'starting' && (this.#rules.tells?.(relay.name, second) ?? true);
    return {
      name: relay.name,
      createdAt: START_MS + relay.createdS * 1000,
      isCurrent: true,
      isCordoned: false,
      isTakenIn: true,
      health,
      drain: relay.drain,
      isOffered: second >= relay.takesFrom && second < relay.takesUntil,
      load: tells ? { calls: relay.calls, units: relay.calls } : undefined,
    };
  };

  #scale(pods: readonly MediaPod[], second: number): void {
    const { policy, startS, tellS, wanted } = this.#rules;
    const moment = { time: this.#wallMs, tick: second * 1000, leadMs: (startS + tellS + 1) * 1000 };
    const decided = wanted ? foresee(pods, policy, moment, wanted(second)) : plan(pods, policy, moment, this.#memory);
    this.#memory = decided.memory;
    for (const { name } of decided.remove) this.#remove(name);
    for (const { name, reason } of decided.drain) this.#change(name, { drain: { since: this.#wallMs, reason }, takesUntil: second + tellS });
    for (const name of decided.undrain) this.#change(name, { drain: undefined, takesFrom: second + tellS, takesUntil: Infinity });
    this.#make(decided.create, second);
    this.outcome.made += decided.create;
    this.outcome.drained += decided.drain.length;
    this.outcome.takenBack += decided.undrain.length;
  }

  #change(name: string, change: Partial<Relay>): void {
    const relay = this.#relays.find((each) => each.name === name);
    if (relay) Object.assign(relay, change);
  }

  #remove(name: string): void {
    const relay = this.#relays.find((each) => each.name === name);
    if (!relay) return;
    const hasWaited = relay.drain !== undefined && this.#wallMs - relay.drain.since >= this.#rules.policy.drainTimeoutMs;
    this.outcome.cut += relay.calls;
    if (!hasWaited) this.outcome.cutEarly += relay.calls;
    this.#relays = this.#relays.filter((each) => each !== relay);
  }

  /** Pods that are made together are taken in together. */
  #make(count: number, second: number): void {
    const { startS, tellS, reloadS } = this.#rules;
    if (count > 0) this.#reloadS = Math.max(second + tellS, this.#reloadS + reloadS);
    for (let i = 0; i < count; i += 1) {
      this.#serial += 1;
      const takesFrom = Math.max(this.#reloadS, second + startS) + 1;
      this.#relays.push({ name: `m${String(this.#serial).padStart(6, '0')}`, createdS: second, calls: 0, drain: undefined, takesFrom, takesUntil: Infinity });
    }
  }

  #note(pods: readonly MediaPod[]): void {
    const states = pods.map(stateOf);
    const count = (state: PodState): number => states.filter((each) => each === state).length;
    const ready = count('Ready');
    const calls = this.#relays.reduce((sum, relay) => sum + relay.calls, 0);
    this.outcome.looks.push({ calls, room: ready * this.#rules.policy.callsPerPod, ready, draining: count('Draining') });
  }
}

export function play(shape: Shape, rules: Rules, seed = 1): Outcome {
  const town = new Town(rules, randomOf(seed));
  for (let second = 0; second < shape.seconds; second += 1) town.second(second, shape);
  return town.outcome;
}

/** The same calls with pods by someone who knows all of them beforehand, and is bound by the same times. */
export function playForeseen(shape: Shape, rules: Rules, { looks }: Outcome, seed = 1): Outcome {
  const lead = Math.max(rules.startS, rules.tellS + rules.reloadS) + 2;
  const wanted = looks.map((_, i) => podsFor(Math.max(...looks.slice(i, i + lead).map(({ calls }) => calls)), rules.policy));
  return play(shape, { ...rules, wanted: (second) => wanted[second] ?? rules.policy.minPods }, seed);
}

/** As the operator's decisions, but without waiting and without guessing. */
const foresee = (pods: readonly MediaPod[], policy: Policy, moment: Moment, wanted: number): Plan =>
  plan(pods, { ...policy, minPods: wanted, maxPods: wanted, quietMs: 0 }, moment, NO_MEMORY);

/** Pod-hours that calls take at the very least: enough pods at any time for them and for what is to be free, as if calls could move. */
export const leastPodHours = ({ looks }: Outcome, policy: Policy): number => looks.reduce((sum, { calls }) => sum + podsFor(calls, policy) / 3600, 0);

function poisson(mean: number, random: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
