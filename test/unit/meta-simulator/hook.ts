// SPDX-License-Identifier: Apache-2.0
// A webhook of a test, at a free port of loopback.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerIdentity } from '../../meta/pki.ts';

export type HookAnswer = (query: URLSearchParams, response: ServerResponse) => void;

export interface Hook extends AsyncDisposable {
  readonly url: string;
  /** The queries that came. */
  readonly asked: readonly URLSearchParams[];
}

/** Over HTTPS with `identity`, else over HTTP. */
export async function openHook(answer: HookAnswer, identity?: ServerIdentity): Promise<Hook> {
  const asked: URLSearchParams[] = [];
  const serve = (request: { url?: string | undefined }, response: ServerResponse): void => {
    const { searchParams } = new URL(request.url ?? '/', 'http://hook');
    asked.push(searchParams);
    answer(searchParams, response);
  };
  const server: Server = identity ? createSecureServer(identity, serve) : createServer(serve);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `${identity ? 'https' : 'http'}://127.0.0.1:${port}/meta`,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Repeats the challenge of whoever knows the token `v`. */
export const echo: HookAnswer = (query, response) => {
  response.end(query.get('hub.verify_token') === 'v' ? query.get('hub.challenge') : 'no');
};
