// SPDX-License-Identifier: Apache-2.0
import { sleep, systemClock, type Clock, type Random } from './clock.ts';
import type { KubeClient } from './client.ts';
import { deadline } from './deadline.ts';
import { microTime, specOf, stepFor, viewOf, type Step } from './lease.ts';
import type { KubeObject } from './objects.ts';
import { LEASE } from './resource.ts';

/** Told what an elector goes through; the metrics and the log listen here. */
export interface ElectorObserver {
  leading?(is: boolean): void;
  /** The Lease could not be read or written; tried again shortly. */
  failed?(error: unknown): void;
}

export interface ElectorOptions {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'replace'>;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Who we are: unique among those who stand, such as the pod's name. */
  readonly identity: string;
  /** How long others wait before they take over a Lease that stands still. */
  readonly leaseMs?: number;
  /**
   * How long a leader goes on without a successful renewal; well below `leaseMs`, so that it has stopped when another
   * begins.
   */
  readonly renewMs?: number;
  /** Time between two attempts. */
  readonly retryMs?: number;
  readonly observer?: ElectorObserver;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A crashed leader is replaced within `LEASE_MS + 1.2 × RETRY_MS`, below 10 s. */
const LEASE_MS = 7_000;
const RENEW_MS = 5_000;
const RETRY_MS = 1_500;

/** Leader election by a Lease. */
export class Elector {
  readonly #options: ElectorOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #leaseMs: number;
  readonly #renewMs: number;
  readonly #retryMs: number;
  /** The Lease as last read or written, and since when we have seen it so. */
  #lease: KubeObject | undefined;
  #seenAt = 0;
  #renewedAt = 0;

  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#renewMs = options.renewMs ?? RENEW_MS;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    if (this.#leaseMs % 1000 !== 0) throw new Error(`leaseMs is ${this.#leaseMs}: a Lease counts whole seconds`);
    if (this.#retryMs * 1.2 >= this.#renewMs || this.#renewMs >= this.#leaseMs) {
      throw new Error(
        `two could lead at once: retryMs × 1.2 < renewMs < leaseMs must hold, but they are ` +
          `${this.#retryMs}, ${this.#renewMs} and ${this.#leaseMs}`,
      );
    }
  }

  /**
   * Waits to become the leader, then calls `lead` once. Its signal aborts when leadership is lost or `signal` aborts;
   * `lead` must then stop writing at once and resolve. The Lease is kept while it winds up, and given back afterwards,
   * so that another need not wait. Resolves with `lost` when leadership was lost, else `stopped`; what `lead` throws is
   * thrown.
   */
  async run(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<'lost' | 'stopped'> {
    if (!(await this.#campaign(signal))) return 'stopped';
    if (signal.aborted) {
      await this.#release();
      return 'stopped';
    }
    const term = new AbortController();
    const stop = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const windUp = new AbortController();
    let lost = false;
    const renew = async (): Promise<void> => {
      lost = !(await this.#renewUntil(windUp.signal));
      if (lost) term.abort(new Error('leadership was lost'));
    };
    const renewal = renew();
    this.#options.observer?.leading?.(true);
    try {
      await lead(term.signal);
    } finally {
      this.#options.observer?.leading?.(false);
      signal.removeEventListener('abort', stop);
      windUp.abort();
      await renewal;
      if (!lost) await this.#release();
    }
    return lost ? 'lost' : 'stopped';
  }

  async #campaign(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const step = await this.#attempt(this.#renewMs / 2);
      if (step && step.kind !== 'wait') return true;
      // The moment of expiry is known: come back right then rather than up to a retry later.
      const pause = this.#pause();
      await sleep(this.#clock, step ? Math.min(pause, step.ms) : pause, signal);
    }
    return false;
  }

  /** Renews until `signal` aborts (true) or the Lease cannot be kept (false). */
  async #renewUntil(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      await sleep(this.#clock, Math.min(this.#pause(), this.#leftMs()), signal);
      if (signal.aborted) break;
      const left = this.#leftMs();
      if (left <= 0) return false;
      const step = await this.#attempt(Math.min(left, this.#renewMs / 2));
      // Somebody else holds it: we were declared dead.
      if (step?.kind === 'wait') return false;
    }
    return true;
  }

  /** Milliseconds for which we may still call ourselves leader. */
  #leftMs(): number {
    return this.#renewedAt + this.#renewMs - this.#clock.now();
  }

  #pause(): number {
    return this.#retryMs * (0.8 + 0.4 * this.#random());
  }

  /**
   * Reads the Lease if it is not known to be ours, and writes it if that is the step to take; all within `limitMs`.
   * Undefined where that failed. Shutting down does not cut it short, because a write cut short may have taken place.
   */
  async #attempt(limitMs: number): Promise<Step | undefined> {
    const { client, namespace, name, identity, observer } = this.#options;
    using limit = deadline(this.#clock, limitMs);
    const { signal } = limit;
    const started = this.#clock.now();
    const ours = this.#lease !== undefined && viewOf(this.#lease).holder === identity;
    try {
      if (!ours) this.#note(await client.find(LEASE, { namespace, name }, { signal }));
      const step = stepFor(identity, this.#lease && viewOf(this.#lease), this.#clock.now() - this.#seenAt);
      if (step.kind === 'wait') return step;
      this.#note(await this.#write(step, signal));
      // Counted from before the call: others may have seen the write at any time since.
      this.#renewedAt = started;
      return step;
    } catch (error) {
      // Perhaps somebody else wrote it, perhaps we did and did not hear of it: read it anew next time.
      if (ours) this.#lease = undefined;
      observer?.failed?.(
        limit.expired ? new Error(`the Lease ${namespace}/${name} did not answer within ${limitMs / 1000} s`) : error,
      );
      return undefined;
    }
  }

  #write(step: Step, signal: AbortSignal): Promise<KubeObject> {
    const { client, namespace, name, identity } = this.#options;
    const now = microTime(this.#clock.date());
    const terms = { holderIdentity: identity, leaseDurationSeconds: this.#leaseMs / 1000, renewTime: now };
    const lease = this.#lease;
    if (!lease) {
      const spec = { ...terms, acquireTime: now, leaseTransitions: 0 };
      return client.create(LEASE, { metadata: { namespace, name }, spec }, { signal });
    }
    const begun = step.kind === 'take' ? { acquireTime: now, leaseTransitions: viewOf(lease).transitions + 1 } : {};
    return client.replace(LEASE, { ...lease, spec: { ...specOf(lease), ...terms, ...begun } }, { signal });
  }

  #note(lease: KubeObject | undefined): void {
    if (lease?.metadata.resourceVersion !== this.#lease?.metadata.resourceVersion || !lease) {
      this.#seenAt = this.#clock.now();
    }
    this.#lease = lease;
  }

  async #release(): Promise<void> {
    const { client, identity, observer } = this.#options;
    const lease = this.#lease;
    if (!lease || viewOf(lease).holder !== identity) return;
    try {
      const spec = {
        ...specOf(lease),
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: microTime(this.#clock.date()),
      };
      await client.replace(LEASE, { ...lease, spec }, { timeoutMs: this.#renewMs / 2 });
      this.#lease = undefined;
    } catch (error) {
      // It expires by itself; only the next leader has to wait for that.
      observer?.failed?.(error);
    }
  }
}
