// SPDX-License-Identifier: Apache-2.0
import type { Registry } from '@prometheus-io/client';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Check } from './health.ts';

/** What a page answers. */
export interface Page {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

export type Answer = (query: URLSearchParams, headers: IncomingHttpHeaders) => Page | Promise<Page>;

export interface ServeOptions {
  /** Address to listen on; all of them where not given. */
  readonly host?: string;
  /** Port to listen on; 0 lets the system choose. */
  readonly port: number;
  readonly registry: Registry;
  /** `/healthz`: whether this process should live on. */
  readonly live: readonly Check[];
  /** `/readyz`: whether it can be relied on now. */
  readonly ready: readonly Check[];
  /** Further pages by path, such as `/status`, each made of what is asked behind it. */
  readonly pages?: Readonly<Record<string, Answer>>;
  /** What is done where a path is posted to. */
  readonly commands?: Readonly<Record<string, Answer>>;
}

/** A server that listens; `closed` resolves when it has stopped. */
export interface Serving {
  readonly port: number;
  readonly closed: Promise<void>;
}

function verdict(checks: readonly Check[]): Page {
  const answers = checks.map(({ name, problem }) => ({ name, wrong: problem() }));
  const lines = answers.map(({ name, wrong }) => (wrong === undefined ? `[+] ${name} ok` : `[-] ${name}: ${wrong}`));
  return text(answers.some(({ wrong }) => wrong !== undefined) ? 503 : 200, lines.join('\n'));
}

function send(response: ServerResponse, { status = 200, contentType, body }: Page, headOnly: boolean): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(headOnly ? undefined : body);
}

function text(status: number, body: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` };
}

function listener(options: ServeOptions): RequestListener {
  const pages = new Map<string, Answer>([
    ['/healthz', () => verdict(options.live)],
    ['/readyz', () => verdict(options.ready)],
    ['/metrics', async () => ({ contentType: options.registry.contentType, body: await options.registry.metrics() })],
    ...Object.entries(options.pages ?? {}),
  ]);
  const answer = async ({ method = 'GET', url = '/', headers }: IncomingMessage): Promise<Page> => {
    const [path = url, query] = url.split('?', 2);
    const command = options.commands?.[path];
    if (command && method === 'POST') return command(new URLSearchParams(query), headers);
    const page = pages.get(path);
    if (!page) return text(404, `nothing is here; there is: ${[...pages.keys()].join(' ')}`);
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD are answered here');
    return page(new URLSearchParams(query), headers);
  };
  return (request, response) => {
    const isHead = request.method === 'HEAD';
    request.resume();
    answer(request).then(
      (page) => send(response, page, isHead),
      (error: unknown) => send(response, text(500, error instanceof Error ? error.message : String(error)), isHead),
    );
  };
}

/**
 * Serves health, metrics and a process's own pages until the signal aborts.
 * Resolves once it listens; throws where the address cannot be had.
 */
export async function serve(options: ServeOptions, signal: AbortSignal): Promise<Serving> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, listener(options));
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(
    { port: options.port, ...(options.host === undefined ? {} : { host: options.host }) },
    listening.resolve,
  );
  await listening.promise;
  const address = server.address();
  const closed = Promise.withResolvers<void>();
  const stop = (): void => {
    server.close(() => closed.resolve());
    server.closeAllConnections();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return { port: typeof address === 'object' && address ? address.port : options.port, closed: closed.promise };
}
