// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, vi } from 'vitest';
import { KubeClient } from '../../../operator/kube/client.ts';
import { loadConnection, type Connection } from '../../../operator/kube/connection.ts';
import { isRecord, type KubeObject } from '../../../operator/kube/objects.ts';
import type { ResourceKind } from '../../../operator/kube/resource.ts';
import { startApiServer, type ApiServer } from '../../cluster/apiserver.ts';
import { Gate } from './gate.ts';

export const WIDGET: ResourceKind = {
  group: 'kube.example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
export const CONFIG_MAP: ResourceKind = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
export const SECRET: ResourceKind = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };
const NAMESPACE: ResourceKind = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
const CRD: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

export const NS = 'kube-test';

const spec = {
  type: 'object',
  properties: {
    size: { type: 'integer', minimum: 0 },
    colour: { type: 'string', pattern: '^[a-z]+$' },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  },
  'x-kubernetes-validations': [{ rule: '!has(self.size) || self.size != 13', message: 'size must not be 13' }],
};
const status = { type: 'object', properties: { seen: { type: 'integer' }, phase: { type: 'string' } } };
const widgets = {
  metadata: { name: `${WIDGET.plural}.${WIDGET.group}` },
  spec: {
    group: WIDGET.group,
    scope: 'Namespaced',
    names: { plural: WIDGET.plural, singular: 'widget', kind: WIDGET.kind },
    versions: [
      {
        name: WIDGET.version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
      },
    ],
  },
};

/** A real API server with a namespace and a kind of its own, for one file of tests. */
export class Bench {
  #server: ApiServer | undefined;
  #connection: Connection | undefined;
  #client: KubeClient | undefined;
  readonly #gates: Gate[] = [];

  constructor() {
    beforeAll(async () => {
      this.#server = await startApiServer();
      this.#connection = await loadConnection(this.#server.kubeconfig);
      this.#client = new KubeClient(this.#connection, { fieldManager: 'kube-test' });
      await this.client.apply(NAMESPACE, { metadata: { name: NS } });
      await this.client.apply(CRD, widgets);
      await vi.waitFor(() => this.client.list(WIDGET), { timeout: 30_000, interval: 100 });
    }, 600_000);
    afterAll(async () => {
      for (const gate of this.#gates) await gate.end();
      await this.#client?.close();
      await this.#server?.stop();
    }, 60_000);
  }

  get server(): ApiServer {
    if (!this.#server) throw new Error('the API server runs only during tests');
    return this.#server;
  }

  get client(): KubeClient {
    if (!this.#client) throw new Error('the API server runs only during tests');
    return this.#client;
  }

  /** A client of somebody who has no rights but those that a test gives. */
  as(user: string): KubeClient {
    const connection = this.#connection;
    if (!connection) throw new Error('the API server runs only during tests');
    const headers = async () => ({ ...(await connection.headers()), 'impersonate-user': user });
    return new KubeClient({ ...connection, headers }, { fieldManager: user });
  }

  /** A client whose way to the API server can be cut. */
  async gated(fieldManager: string): Promise<{ client: KubeClient; gate: Gate }> {
    if (!this.#connection) throw new Error('the API server runs only during tests');
    const gate = await Gate.to(Number(new URL(this.server.server).port));
    this.#gates.push(gate);
    return {
      gate,
      client: new KubeClient({ ...this.#connection, server: `https://127.0.0.1:${gate.port}` }, { fieldManager }),
    };
  }
}

/** A member of an object that must itself have members. */
export function part(object: KubeObject, name: string): Record<string, unknown> {
  const value = object[name];
  return isRecord(value) ? value : {};
}
