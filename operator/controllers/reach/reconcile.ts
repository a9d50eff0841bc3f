// SPDX-License-Identifier: Apache-2.0
// Question: does the name that Meta dials answer as Meta wants it to?
import type { Logger } from 'pino';
import { no, yes, type Verdict } from '../../api/conditions.ts';
import { backoff } from '../../kube/backoff.ts';
import type { Clock } from '../../kube/clock.ts';
import { probe } from '../../meta/reach.ts';
import { describeReach } from '../../meta/reachtext.ts';
import type { Reach } from '../../meta/reachverdict.ts';
import { splitEndpoint } from '../shared/endpoint.ts';

const TIMEOUT_MS = 10_000;
/** How often an answer is checked again, with up to a fifth more at random; and how soon a name that answered and fails. */
const RECHECK_MS = 300_000;
const DOUBT_MS = 10_000;
/** A name that does not answer yet: soon at first, as what it waits for is mostly about to come. */
const RETRY = { baseMs: 500, maxMs: 10_000 };
/** Timers are not so exact. */
const EARLY_MS = 50;

export interface ReachControllerOptions {
  /** Whether Meta is to dial HOST:PORT. */
  isDialled: (endpoint: string) => boolean;
  /** Told of every HOST:PORT whose verdict has changed. */
  onVerdict: (endpoint: string) => void;
  clock: Clock;
  random: () => number;
  log: Logger;
}

export class ReachController {
  readonly #options: ReachControllerOptions;
  readonly #verdicts = new Map<string, Verdict>();
  /** Names that failed once and may have stumbled only. */
  readonly #doubted = new Set<string>();
  /** Failures in a row since somebody last asked, and when the next handshake is due. */
  readonly #failures = new Map<string, { count: number; due: number }>();

  constructor(options: ReachControllerOptions) {
    this.#options = options;
  }

  /** What the last handshake with HOST:PORT came to; undefined before the first one. */
  verdict(endpoint: string): Verdict | undefined {
    return this.#verdicts.get(endpoint);
  }

  /** One handshake, as long as Meta is to dial there. */
  async reconcile(endpoint: string, signal: AbortSignal): Promise<number | void> {
    const { isDialled } = this.#options;
    if (!isDialled(endpoint)) {
      this.#verdicts.delete(endpoint);
      this.#doubted.delete(endpoint);
      this.#failures.delete(endpoint);
      return;
    }
    const { hostname, port } = splitEndpoint(endpoint);
    const reach = await probe({ hostname, port, timeoutMs: TIMEOUT_MS, signal });
    this.#judge(endpoint, reach);
    return this.#rest(endpoint, reach);
  }

  /** Milliseconds until the next handshake. Whoever asks before that has a reason: a change after which it may well answer. */
  #rest(endpoint: string, reach: Reach): number {
    const { clock, random } = this.#options;
    const before = this.#failures.get(endpoint);
    this.#failures.delete(endpoint);
    if (reach.kind === 'ok') return RECHECK_MS * (1 + random() / 5);
    if (this.#doubted.has(endpoint)) return DOUBT_MS * (1 + random() / 5);
    const count = before && clock.now() >= before.due - EARLY_MS ? before.count + 1 : 1;
    const ms = backoff(count, RETRY, random);
    this.#failures.set(endpoint, { count, due: clock.now() + ms });
    return ms;
  }

  /** A name that answered and fails once is tried again before anybody is told. */
  #judge(endpoint: string, reach: Reach): void {
    const before = this.#verdicts.get(endpoint);
    const stumbled = reach.kind !== 'ok' && before?.status === 'True' && !this.#doubted.has(endpoint);
    if (stumbled) {
      this.#doubted.add(endpoint);
      return;
    }
    this.#doubted.delete(endpoint);
    const { hostname, port } = splitEndpoint(endpoint);
    const sentence = describeReach(reach, hostname, port);
    const verdict = reach.kind === 'ok' ? yes('Reachable', sentence) : no('Unreachable', sentence);
    this.#verdicts.set(endpoint, verdict);
    if (before?.message === verdict.message) return;
    this.#options.log.info({ endpoint, reach: reach.kind }, sentence);
    this.#options.onVerdict(endpoint);
  }
}
