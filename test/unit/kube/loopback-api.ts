// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection } from '../../../operator/kube/connection.ts';
import type { KubeObject } from '../../../operator/kube/objects.ts';
import type { ResourceKind } from '../../../operator/kube/resource.ts';

export const WIDGET: ResourceKind = {
  group: 'example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

interface Logged {
  readonly type: string;
  readonly object: KubeObject;
  readonly version: number;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly namespace: string | undefined;
}

/** What a test answers instead of the API, once. */
export type Script = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An API server of one kind on loopback that a test can mistreat: cut it, stop it, compact it, let it send half a line.
 * Lists, pages, watches from a version, 410 and bookmarks behave as the real ones.
 */
export class LoopbackApi {
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, KubeObject>();
  readonly #log: Logged[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #scripts: { match: (url: string) => boolean; script: Script }[] = [];
  #version = 10;
  #compacted = 0;
  #port = 0;
  #uid = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get connection(): Connection {
    return { server: `http://127.0.0.1:${this.#port}`, namespace: undefined, tls: {}, headers: async () => ({}) };
  }

  get watches(): number {
    return this.#watchers.size;
  }

  async up(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  /** As kill -9: nothing listens any more and every connection is reset. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#watchers.clear();
  }

  /** Answers the next request whose path and query match with `script`. */
  once(match: (url: string) => boolean, script: Script): void {
    this.#scripts.push({ match, script });
  }

  put(key: string, fields: Record<string, unknown> = {}): void {
    const [namespace = '', name = ''] = key.split('/');
    const old = this.#objects.get(key);
    const metadata = {
      name,
      namespace,
      uid: old?.metadata.uid ?? `uid-${(this.#uid += 1)}`,
      resourceVersion: this.#next(),
    };
    const object = { apiVersion: 'example.com/v1', kind: 'Widget', metadata, ...fields };
    this.#objects.set(key, object);
    this.#publish(old ? 'MODIFIED' : 'ADDED', object);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (!object) throw new Error(`${key} is not there`);
    this.#objects.delete(key);
    this.#publish('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } });
  }

  /** Forgets history: watches from before now get 410. */
  compact(): void {
    this.#compacted = this.#version;
  }

  bookmark(): void {
    const object = { kind: 'Widget', apiVersion: 'example.com/v1', metadata: { resourceVersion: this.#next() } };
    for (const { response } of this.#watchers) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Sends raw bytes to every watch; resolves when they have left. */
  async raw(bytes: string | Uint8Array): Promise<void> {
    await Promise.all(
      [...this.#watchers].map(({ response }) => new Promise((resolve) => response.write(bytes, resolve))),
    );
  }

  /** Ends every watch in good order. */
  end(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #publish(type: string, object: KubeObject): void {
    this.#log.push({ type, object, version: this.#version });
    for (const watcher of this.#watchers) {
      if (watcher.namespace === undefined || watcher.namespace === object.metadata.namespace) {
        watcher.response.write(`${JSON.stringify({ type, object })}\n`);
      }
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    this.requests.push(`${request.method} ${path}`);
    const scripted = this.#scripts.findIndex(({ match }) => match(path));
    if (scripted >= 0) return this.#scripts.splice(scripted, 1)[0]?.script(request, response);
    const url = new URL(path, 'http://x');
    const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
    if (url.searchParams.has('watch'))
      this.#watch(Number(url.searchParams.get('resourceVersion')), namespace, response);
    else this.#list(url, namespace, response);
  }

  #list(url: URL, namespace: string | undefined, response: ServerResponse): void {
    const all = [...this.#objects.values()].filter(
      (object) => namespace === undefined || object.metadata.namespace === namespace,
    );
    const from = Number(url.searchParams.get('continue') ?? 0);
    const end = from + Number(url.searchParams.get('limit') ?? all.length);
    const metadata = { resourceVersion: String(this.#version), ...(end < all.length ? { continue: String(end) } : {}) };
    answerJson(response, 200, { metadata, items: all.slice(from, end) });
  }

  #watch(version: number, namespace: string | undefined, response: ServerResponse): void {
    if (version < this.#compacted) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired', 'too old resource version') })}\n`,
      );
      return;
    }
    response.writeHead(200);
    response.flushHeaders();
    for (const { type, object } of this.#log.filter((entry) => entry.version > version)) {
      if (namespace === undefined || namespace === object.metadata.namespace) {
        response.write(`${JSON.stringify({ type, object })}\n`);
      }
    }
    const watcher = { response, namespace };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }
}

export function statusOf(code: number, reason: string, message: string): Record<string, unknown> {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

export function answerJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A script that refuses with a `Status`. */
export function refuse(code: number, reason: string, message: string, headers: Record<string, string> = {}): Script {
  return (_request, response) => answerJson(response, code, statusOf(code, reason, message), headers);
}
