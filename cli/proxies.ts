// SPDX-License-Identifier: Apache-2.0
// Asks every proxy what it knows of calls. Its agent tells that on loopback alone, so a command runs in its pod: whoever may do
// that may know.
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type * as z from 'zod';
import { PORTS } from '../media/agent/trace/ports.ts';
import { POD } from '../operator/controllers/shared/kinds.ts';
import { KubeClient } from '../operator/kube/client.ts';
import { connectionOf, loadConfig } from '../operator/kube/connection.ts';
import type { KubeObject } from '../operator/kube/objects.ts';
import { COMPONENT_LABEL, GATEWAY_LABEL } from '../operator/resources/names.ts';
import { UsageError } from './manifests.ts';

/** A proxy and what it answered. */
export interface Told<T> {
  gateway: string;
  pod: string;
  answer: T;
}

const ASK =
  'fetch(process.argv[1], { method: process.argv[2] }).then(async (r) => { (r.ok ? process.stdout : process.stderr).write(await r.text()); process.exitCode = r.ok ? 0 : 1 })';

export class Proxies {
  readonly #config: KubeConfig;
  readonly #namespace: string;
  readonly #warn: (sentence: string) => void;

  /** @throws UsageError where no cluster is configured */
  constructor({ kubeconfig, namespace }: { kubeconfig?: string | undefined; namespace?: string | undefined }, warn: (sentence: string) => void) {
    this.#warn = warn;
    try {
      this.#config = loadConfig(kubeconfig);
    } catch (error) {
      refuse('no proxy can be asked (--kubeconfig names another file)', error);
    }
    this.#namespace = namespace ?? this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default';
  }

  /**
   * Asks all of them; one that cannot be asked is told to `warn`, and does not keep the others.
   * @throws UsageError where there is none, or none can be asked
   */
  async ask<T>(path: string, form: z.ZodType<T>): Promise<Told<T>[]> {
    const pods = await this.#pods().catch((error: unknown) => refuse('its pods cannot be listed', error));
    const running = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
    if (running.length === 0) throw new UsageError(`namespace "${this.#namespace}" has no proxy that runs: name another with -n`);
    const told = await Promise.allSettled(
      running.map(async ({ metadata }) => {
        const pod = metadata.name;
        return { gateway: metadata.labels?.[GATEWAY_LABEL] ?? '', pod, answer: await this.#request(pod, 'GET', path, form) };
      }),
    );
    const refused = told.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (refused.length === told.length) throw refused[0];
    for (const reason of refused) this.#warn(reason instanceof Error ? reason.message : String(reason));
    return told.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  async #pods(): Promise<KubeObject[]> {
    await using client = new KubeClient(await connectionOf(this.#config), { fieldManager: 'trunkline-cli' });
    const { items } = await client.list(POD, { namespace: this.#namespace, labelSelector: `${COMPONENT_LABEL}=proxy`, fieldSelector: 'status.phase=Running' });
    return items;
  }

  /**
   * Has one of them do something.
   * @throws UsageError where it cannot be asked
   */
  tell<T>(pod: string, path: string, form: z.ZodType<T>): Promise<T> {
    return this.#request(pod, 'POST', path, form);
  }

  async #request<T>(pod: string, method: 'GET' | 'POST', path: string, form: z.ZodType<T>): Promise<T> {
    return form.parse(JSON.parse(await this.#run(pod, ['node', '-e', ASK, `http://127.0.0.1:${PORTS.door}${path}`, method])));
  }

  /** What a command in an agent's container prints. */
  async #run(pod: string, command: string[]): Promise<string> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const printed = text(out as Readable);
    const wrong = text(err as Readable);
    const ended = Promise.withResolvers<V1Status>();
    const socket = await new Exec(this.#config)
      .exec(this.#namespace, pod, 'agent', command, out, err, null, false, ended.resolve)
      .catch((error: unknown) => refuse(`no command can be run in pod "${pod}" (the right is "create pods/exec")`, error));
    socket.addEventListener('close', () => {
      out.end();
      err.end();
      ended.resolve({ status: 'Failure', message: 'the connection was closed' });
    });
    const { status, message } = await ended.promise;
    if (status !== 'Success') throw new UsageError(`pod "${pod}" does not tell: ${message ?? ''} ${await wrong}`);
    return printed;
  }
}

function refuse(what: string, error: unknown): never {
  const why = error instanceof Error ? error.message : String(error);
  throw new UsageError(`${what}: ${why.split('\n')[0] ?? ''}`);
}
