// SPDX-License-Identifier: Apache-2.0
// The few requests that the cluster's own helpers make of the API server. On purpose not the operator's
// client: that one is what is being tested.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority': string } }[];
  users: { user: { 'client-certificate': string; 'client-key': string } }[];
}

export class KubeRequest {
  readonly #server: string;
  readonly #agent: Agent;

  /** Takes a kubeconfig as written by this folder: JSON, one cluster, one user with certificate files. */
  constructor(kubeconfig: string) {
    const { clusters, users } = JSON.parse(kubeconfig) as Kubeconfig;
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    if (cluster === undefined || user === undefined) throw new TypeError('kubeconfig without a cluster or user');
    this.#server = cluster.server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: readFileSync(cluster['certificate-authority']),
      cert: readFileSync(user['client-certificate']),
      key: readFileSync(user['client-key']),
    });
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await text(await this.#send('GET', path))) as T;
  }

  async mergePatch(path: string, patch: object): Promise<void> {
    await text(await this.#send('PATCH', path, JSON.stringify(patch)));
  }

  /** Events of a watch until the server ends it. */
  async *watch<T>(path: string): AsyncGenerator<{ type: string; object: T }> {
    const response = await this.#send('GET', path);
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as { type: string; object: T };
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

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
