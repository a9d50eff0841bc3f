// SPDX-License-Identifier: Apache-2.0
// A Graph request apart from HTTP, and its parameters wherever they are: query, JSON, form, multipart.
import { invalidParameter } from './errors.ts';

export interface GraphRequest {
  readonly method: string;
  /** E.g. `v25.0`; '' when the path had none. */
  readonly version: string;
  /** Without the version prefix; empty when there was none. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** From `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  /** '' when there was none. */
  readonly contentType: string;
  /** The body as it came. */
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** The token a request carries: in the header, or as the parameter `access_token`. */
export function tokenOf(request: GraphRequest): string | undefined {
  return request.bearer ?? request.query.get('access_token') ?? undefined;
}

/** The body, which must be JSON. Throws GraphError 100. */
export function readJson({ body }: GraphRequest): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw invalidParameter(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Query and body parameters together; the body's win. Throws GraphError 100 for a body that is not what it says. */
export async function readParams(request: GraphRequest): Promise<Readonly<Record<string, unknown>>> {
  return { ...Object.fromEntries(request.query), ...await readBody(request) };
}

async function readBody(request: GraphRequest): Promise<Record<string, unknown>> {
  if (request.body.length === 0) return {};
  if (/^(multipart\/form-data|application\/x-www-form-urlencoded)\b/.test(request.contentType)) {
    return Object.fromEntries(await readForm(request));
  }
  const value = readJson(request);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidParameter('The body is not a JSON object');
  }
  return Object.fromEntries(Object.entries(value));
}

async function readForm({ body, contentType }: GraphRequest): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw invalidParameter(`The body is not the ${contentType.split(';')[0]} that its Content-Type says`);
  }
}
