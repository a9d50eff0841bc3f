// SPDX-License-Identifier: Apache-2.0
// A started simulator with one number, asked over HTTPS.
import { Agent, FormData, request } from 'undici';
import { type Meta, startMeta } from '../../meta/meta.ts';
import { account, id } from './graph-client.ts';

export const token = 'secret-token';
export const appId = '7001';

export interface HttpsAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

export interface HttpsRequest {
  /** An object goes as JSON, unless it is a form. */
  readonly body?: object | FormData | URLSearchParams;
  readonly bearer?: string;
  readonly headersTimeout?: number;
}

export interface Graph {
  readonly meta: Meta;
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, options?: HttpsRequest): Promise<HttpsAnswer>;
  close(): Promise<void>;
}

/** One number, and one token with both scopes, `secret-token`. */
export async function startGraph(): Promise<Graph> {
  const meta = await startMeta({ address: '127.0.0.1', dnsServer: '127.0.0.1:9', trust: '', graphPort: 0, sipPort: 0 });
  const agent = new Agent({ connect: { ca: meta.caPem, servername: 'graph.facebook.com' } });
  meta.addNumber({ phoneNumberID: id, phoneNumber: '+15550001111', businessAccountID: account });
  meta.addToken({ token, appId, scopes: ['whatsapp_business_management', 'whatsapp_business_messaging'] });
  return {
    meta,
    async ask(method, path, { body, bearer = token, headersTimeout = 10_000 } = {}) {
      const form = body instanceof FormData || body instanceof URLSearchParams;
      const answer = await request(`https://127.0.0.1:${meta.graph.port}/v25.0${path}`, {
        method,
        dispatcher: agent,
        headers: { authorization: `Bearer ${bearer}`, ...contentType(body) },
        body: form ? toBody(body) : toJson(body),
        headersTimeout,
      });
      return { status: answer.statusCode, text: await answer.body.text(), headers: answer.headers };
    },
    async close() {
      await agent.close();
      await meta.close();
    },
  };
}

function contentType(body: HttpsRequest['body']): Record<string, string> {
  if (body instanceof URLSearchParams) return { 'content-type': 'application/x-www-form-urlencoded' };
  return body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' };
}

const toBody = (form: FormData | URLSearchParams): FormData | string =>
  (form instanceof FormData ? form : form.toString());

const toJson = (body: object | undefined): string | null => (body === undefined ? null : JSON.stringify(body));
