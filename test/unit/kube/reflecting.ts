// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach } from 'vitest';
import { KubeClient } from '../../../operator/kube/client.ts';
import { asIs } from '../../../operator/kube/decode.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import { Reflector, type ReflectorOptions } from '../../../operator/kube/reflector.ts';
import type { Change } from '../../../operator/kube/replica.ts';
import { until } from './eventually.ts';
import { LoopbackApi, WIDGET } from './loopback-api.ts';

export const isWatch = (url: string): boolean => url.includes('watch=');
export const isList = (url: string): boolean => !isWatch(url);

export interface Started<T> {
  readonly reflector: Reflector<T>;
  readonly changes: Change<T>[];
  readonly failures: unknown[];
  /** What happened, two words for each change. */
  readonly story: () => string[];
}

/** An API server on loopback, and reflectors of it that end with the test. */
export class Reflecting {
  api = new LoopbackApi();
  client = new KubeClient(this.api.connection, { fieldManager: 'test' });
  stop = new AbortController();
  #running: Promise<void>[] = [];

  constructor() {
    beforeEach(async () => {
      this.api = new LoopbackApi();
      await this.api.up();
      this.client = new KubeClient(this.api.connection, { fieldManager: 'test' });
      this.stop = new AbortController();
      this.#running = [];
    });
    afterEach(async () => {
      this.stop.abort();
      await Promise.all(this.#running);
      await this.client.close();
      await this.api.down();
    });
  }

  start(options?: Partial<ReflectorOptions<KubeObject>>): Started<KubeObject> {
    return this.startWith({ decode: asIs, ...options });
  }

  startWith<T>(options: Partial<ReflectorOptions<T>> & Pick<ReflectorOptions<T>, 'decode'>): Started<T> {
    const changes: Change<T>[] = [];
    const failures: unknown[] = [];
    const reflector = new Reflector<T>({
      client: this.client,
      kind: WIDGET,
      // The smallest jitter there is: half of each wait.
      random: () => 0,
      observer: { failed: (_kind, error) => failures.push(error) },
      ...options,
    });
    reflector.subscribe((change) => changes.push(change));
    this.#running.push(reflector.run(this.stop.signal));
    return { reflector, changes, failures, story: () => changes.map(({ type, key }) => `${type} ${key}`) };
  }

  /** Waits until this many watches are open. */
  async watching(count = 1): Promise<void> {
    await until(() => this.api.watches === count);
  }
}

/** The keys of all objects that a reflector holds. */
export function keys(reflector: Reflector<KubeObject>): string[] {
  return reflector.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
