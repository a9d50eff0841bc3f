// SPDX-License-Identifier: Apache-2.0
// Question: does the name that Meta dials answer as Meta wants it to?
import type { Logger } from 'pino';
import { no, yes, type Verdict } from '../../api/conditions.ts';
import { META_PORT } from '../../meta/calling/observed.ts';
import { probe } from '../../meta/reach.ts';
import { describeReach } from '../../meta/reachtext.ts';
import type { Reach } from '../../meta/reachverdict.ts';
import type { Caches } from '../shared/caches.ts';

const TIMEOUT_MS = 10_000;
/** How often an answer is checked again, with up to a fifth more at random; and how soon after a failure. */
const RECHECK_MS = 300_000;
const RETRY_MS = 10_000;

export interface ReachControllerOptions {
  caches: Caches;
  /** Told of names whose verdict has changed. */
  onVerdict: (hostname: string) => void;
  random: () => number;
  log: Logger;
}

export class ReachController {
  readonly #options: ReachControllerOptions;
  readonly #verdicts = new Map<string, Verdict>();
  /** Names that failed once and may have stumbled only. */
  readonly #doubted = new Set<string>();

  constructor(options: ReachControllerOptions) {
    this.#options = options;
  }

  /** What the last handshake with a name came to; undefined before the first one. */
  verdict(hostname: string): Verdict | undefined {
    return this.#verdicts.get(hostname);
  }

  /** One handshake with a name, as long as some gateway has it. */
  async reconcile(hostname: string, signal: AbortSignal): Promise<number | void> {
    const { caches, random } = this.#options;
    if (!caches.gateways.list().some(({ spec }) => spec.hostname === hostname)) {
      this.#verdicts.delete(hostname);
      this.#doubted.delete(hostname);
      return;
    }
    const reach = await probe({ hostname, port: META_PORT, timeoutMs: TIMEOUT_MS, signal });
    this.#judge(hostname, reach);
    return (reach.kind === 'ok' ? RECHECK_MS : RETRY_MS) * (1 + random() / 5);
  }

  /** A name that answered and fails once is tried again before anybody is told. */
  #judge(hostname: string, reach: Reach): void {
    const before = this.#verdicts.get(hostname);
    const stumbled = reach.kind !== 'ok' && before?.status === 'True' && !this.#doubted.has(hostname);
    if (stumbled) {
      this.#doubted.add(hostname);
      return;
    }
    this.#doubted.delete(hostname);
    const sentence = describeReach(reach, hostname, META_PORT);
    const verdict = reach.kind === 'ok' ? yes('Reachable', sentence) : no('Unreachable', sentence);
    this.#verdicts.set(hostname, verdict);
    if (before?.message === verdict.message) return;
    this.#options.log.info({ hostname, reach: reach.kind }, sentence);
    this.#options.onVerdict(hostname);
  }
}
