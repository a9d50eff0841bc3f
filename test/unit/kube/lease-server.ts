// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Manifest } from '../../../operator/kube/client.ts';
import type { ElectorOptions } from '../../../operator/kube/elector.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { isRecord, type KubeObject } from '../../../operator/kube/objects.ts';
import type { FakeClock } from './fake-clock.ts';

/** One Lease as the API server keeps it, with preconditions, delays on both ways, and ways to go wrong. */
export class LeaseServer {
  readonly clock: FakeClock;
  /** Names of those whose calls do not get through. */
  readonly cut = new Set<string>();
  /** Nobody gets an answer. */
  hanging = false;
  /** This many writes take place without their answer arriving. */
  loseAnswers = 0;
  /** The longest that a call may take on each way. */
  latencyMs = 20;
  readonly #random: () => number;
  #lease: KubeObject | undefined;
  #version = 0;

  constructor(clock: FakeClock, random: () => number = () => 0.5) {
    this.clock = clock;
    this.#random = random;
  }

  get spec(): Readonly<Record<string, unknown>> {
    const spec = this.#lease?.['spec'];
    return isRecord(spec) ? spec : {};
  }

  /** Writes the Lease as somebody with kubectl might. */
  overwrite(spec: Record<string, unknown>): void {
    this.#store({ metadata: { namespace: 'ns', name: 'lease' }, spec });
  }

  /** The client of one candidate. */
  as(name: string): ElectorOptions['client'] {
    return {
      find: (_kind, _ref, options) => this.#call(name, options, () => this.#lease),
      create: (_kind, object, options) =>
        this.#write(name, options, () => {
          if (this.#lease) throw new KubeError({ code: 409, reason: 'AlreadyExists', message: 'exists' });
          return this.#store(object);
        }),
      replace: (_kind, object, options) =>
        this.#write(name, options, () => {
          if (object.metadata.resourceVersion !== this.#lease?.metadata.resourceVersion) {
            throw new KubeError({ code: 409, reason: 'Conflict', message: 'the object has been modified' });
          }
          return this.#store(object);
        }),
    };
  }

  #store(object: Manifest): KubeObject {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#lease = { ...object, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
    return this.#lease;
  }

  #write(name: string, options: CallOptions | undefined, act: () => KubeObject): Promise<KubeObject> {
    return this.#call(name, options, () => {
      const result = act();
      if (this.loseAnswers > 0) {
        this.loseAnswers -= 1;
        throw new KubeError({ code: 0, reason: 'Unreachable', message: 'reset' });
      }
      return result;
    });
  }

  async #call<T>(name: string, options: CallOptions | undefined, act: () => T): Promise<T> {
    const gone = (): KubeError => new KubeError({ code: 0, reason: 'Unreachable', message: 'refused' });
    const { signal } = options ?? {};
    await this.#pass(signal);
    if (this.cut.has(name)) throw gone();
    // A call that was given up by its caller may still take place: that is the case to survive.
    const result = act();
    await this.#pass(signal);
    if (this.cut.has(name)) throw gone();
    return result;
  }

  /** One way of a call; ends early when the caller gives up, and then fails. */
  async #pass(signal: AbortSignal | undefined): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      if (!this.hanging) this.clock.after(this.latencyMs * this.#random(), resolve);
    });
    const givenUp = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener(
        'abort',
        () => reject(new KubeError({ code: 0, reason: 'Timeout', message: 'given up' })),
        { once: true },
      );
    });
    await Promise.race([arrived, givenUp]);
  }
}
