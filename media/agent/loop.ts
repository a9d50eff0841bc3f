// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Snapshot } from '../../operator/routing/snapshot.ts';
import { NotYetError, type Engine, type Observed, type Wanted } from './contract.ts';
import { decide, givable, mayStart, type Action, type Written } from './decide.ts';
import type { AgentStatus } from './status.ts';

/** Media pods that are made together come within this time, and an engine takes in relays only now and then. */
const SETTLE_MS = 900;

/** Keeps the engine at what is wanted: on every change, and again and again, because engines restart on their own. */
export class Loop {
  readonly #engine: Engine;
  readonly #log: Logger;
  readonly #wanted: Wanted = { snapshot: undefined, revision: undefined, certificate: undefined };
  readonly #written: Written = { version: undefined, certificateSerial: undefined };
  #observed: Observed | undefined;
  /** The revision that was wanted when the last finished pass began: what was observed after it is not older than that. */
  #revision: string | undefined;
  /** Why an input cannot be used, by what it is. */
  readonly #unusable = new Map<keyof Wanted, string>();
  #problem: string | undefined;
  /** Ends with the pass that runs, or with the next one. */
  #passed = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #again = false;
  /** The relays that were wanted last, and since when. */
  #relays = { text: '', since: -Infinity };

  constructor(engine: Engine, log: Logger) {
    this.#engine = engine;
    this.#log = log;
  }

  want(change: Partial<Wanted>): Promise<void> {
    Object.assign(this.#wanted, change);
    if (change.snapshot) this.#unusable.delete('snapshot');
    if (change.certificate) this.#unusable.delete('certificate');
    return this.run();
  }

  /** Something in the cluster cannot be used; what is served goes on. */
  refuse(input: keyof Wanted, problem: string): void {
    if (problem !== this.#unusable.get(input)) this.#log.error({ input, problem }, 'input refused, the last good one stays');
    this.#unusable.set(input, problem);
  }

  /** Runs one pass; a call during a pass makes one more follow, so that the newest input is always applied. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#passes().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves once a pass has ended that knew a revision, and else after some milliseconds. */
  async reached(revision: string, ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; this.#revision !== revision && left > 0; left = until - performance.now()) {
      await Promise.race([this.#passed.promise, setTimeout(left, undefined, { ref: false })]);
    }
  }

  get mayStart(): boolean {
    return mayStart(this.#wanted, this.#written);
  }

  /** Whether the engine can take calls: it answers, with some version and some certificate, even if newer ones wait. */
  get ready(): boolean {
    return this.#observed?.certificateSerial !== undefined;
  }

  /** Ids of the relays that the engine gives calls to; undefined while that is not known. */
  get takers(): ReadonlySet<string> | undefined {
    return this.#observed && new Set(this.#observed.takers.keys());
  }

  /** Control addresses of the relays that the engine knows; undefined while that is not known. */
  get known(): ReadonlySet<string> | undefined {
    return this.#observed && new Set(this.#observed.relays);
  }

  /** What is wanted to be served. */
  get snapshot(): Snapshot | undefined {
    return this.#wanted.snapshot;
  }

  get status(): Omit<AgentStatus, 'calls'> {
    return {
      version: this.#observed?.version ?? null,
      wantedVersion: this.#wanted.snapshot?.version ?? null,
      revision: this.#revision ?? null,
      certificateSerial: this.#observed?.certificateSerial ?? null,
      problem: [...this.#unusable.values(), this.#problem].find(Boolean) ?? null,
      refusals: this.#observed?.refusals ?? null,
      destinations: stateOf(this.#observed?.probes),
    };
  }

  async #passes(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#pass();
    }
  }

  async #pass(): Promise<void> {
    const before = this.status.version;
    const { revision } = this.#wanted;
    const problems: string[] = [];
    await this.#observe();
    const actions = decide(this.#wanted, this.#written, this.#observed).filter((action) => action !== 'reload-relays' || this.#isSettled());
    for (const action of actions) await this.#act(action).catch((error: unknown) => problems.push(...this.#problemsOf(error)));
    try {
      this.#engine.prepareStart();
    } catch (error) {
      problems.push(toText(error));
    }
    if (actions.length > 0) await this.#observe();
    this.#revision = revision;
    this.#report(problems, before);
    this.#passed.resolve();
    this.#passed = Promise.withResolvers();
  }

  /** A relay that has to wait is no problem while there are others. */
  #problemsOf(error: unknown): string[] {
    return error instanceof NotYetError && (this.#observed?.takers.size ?? 0) > 0 ? [] : [toText(error)];
  }

  /** Whether the relays have been the same for a moment. An engine with none that it can give calls to is not kept waiting. */
  #isSettled(): boolean {
    const [now, { snapshot }] = [performance.now(), this.#wanted];
    const relays = (snapshot?.media ?? []).map(({ control }) => control).join(' ');
    if (relays !== this.#relays.text) this.#relays = { text: relays, since: now };
    const isLost = snapshot !== undefined && givable(snapshot, this.#observed?.relays ?? []).length === 0;
    return isLost || now - this.#relays.since >= SETTLE_MS;
  }

  async #observe(): Promise<void> {
    this.#observed = await this.#engine.observe().catch((error: unknown) => {
      this.#log.debug({ err: error }, 'engine does not answer');
      return undefined;
    });
  }

  async #act(action: Action): Promise<void> {
    const { snapshot, certificate } = this.#wanted;
    switch (action) {
      case 'write-tables':
        if (!snapshot) return;
        this.#engine.writeTables(snapshot);
        this.#written.version = snapshot.version;
        return;
      case 'write-certificate':
        if (!certificate) return;
        this.#engine.writeCertificate(certificate);
        this.#written.certificateSerial = certificate.serial;
        return;
      case 'reload-tables':
        return this.#engine.reloadTables();
      case 'reload-relays':
        return this.#engine.reloadRelays();
      case 'tell-takers':
        return snapshot && this.#engine.tellTakers(snapshot);
      case 'reload-probes':
        return this.#engine.reloadProbes();
      case 'reload-certificate':
        return this.#engine.reloadCertificate();
    }
  }

  #report(problems: readonly string[], before: string | null): void {
    const problem = problems.length > 0 ? problems.join('; ') : undefined;
    if (problem && problem !== this.#problem) this.#log.warn({ problem }, 'engine does not serve what is wanted yet');
    this.#problem = problem;
    const { version } = this.status;
    if (version !== before) this.#log.info({ version, before }, 'engine serves another version');
  }
}

const toText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const stateOf = (probes: Observed['probes']): Record<string, boolean> | null =>
  probes ? Object.fromEntries([...probes].flatMap(([target, isUp]) => (isUp === undefined ? [] : [[target, isUp]]))) : null;
