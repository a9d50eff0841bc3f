// SPDX-License-Identifier: Apache-2.0
// The few requests that the cluster's own helpers make of the API server. On purpose not the operator's
// client: that one is what is being tested.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { z } from 'zod';

const Kubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.string(), 'certificate-authority': z.string() }) })]),
  users: z.tuple([z.object({ user: z.object({ 'client-certificate': z.string(), 'client-key': z.string() }) })]),
});

export class KubeRequest {
  readonly #server: string;
  readonly #agent: Agent;

  /** Takes a kubeconfig as written by this folder: JSON, one cluster, one user with certificate files. */
  constructor(kubeconfig: string) {
    const { clusters, users } = Kubeconfig.parse(JSON.parse(kubeconfig));
    const [{ cluster }] = clusters;
    const [{ user }] = users;
    this.#server = cluster.server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(cluster['certificate-authority']),
      cert: readFileSync(user['client-certificate']),
      key: readFileSync(user['client-key']),
    });
  }

  async get(path: string): Promise<unknown> {
    return json(await this.#send('GET', path));
  }

  async mergePatch(path: string, patch: object): Promise<void> {
    await text(await this.#send('PATCH', path, JSON.stringify(patch)));
  }

  /** Events of a watch until the server ends it. */
  async *watch(path: string): AsyncGenerator {
    const response = await this.#send('GET', path);
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  }

  async #send(method: string, path: string, body?: string): Promise<IncomingMessage> {
    const headers = body === undefined ? {} : { 'content-type': 'application/merge-patch+json' };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${this.#server}${path}`, { method, agent: this.#agent, headers }, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
    const { statusCode = 0 } = response;
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${await text(response)}`);
    return response;
  }
}
