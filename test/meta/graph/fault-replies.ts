// SPDX-License-Identifier: Apache-2.0
// What goes out on the wire for each ordered fault.
import type { ServerResponse } from 'node:http';
import { GraphError } from './errors.ts';
import type { ErrorFaultOptions, Fault } from './faults.ts';
import { appUsage, businessUsage } from './limits.ts';
import type { Reply } from './request.ts';

/** Carries out a fault; `done` is the true reply, for faults that come after it. Gives the HTTP status sent, if any. */
export function answerFault(response: ServerResponse, fault: Fault, done: Reply | undefined): number | undefined {
  if (fault.kind === 'hang' || fault.kind === 'slow') return undefined; // said later, or never
  if (fault.kind === 'lostReply') {
    response.destroy();
    return undefined;
  }
  if (fault.kind === 'cutOff') return cutOff(response, done?.body ?? {});
  if (fault.kind === 'badGateway') {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><body><h1>502 Bad Gateway</h1></body></html>');
    return 502;
  }
  if (fault.kind === 'nonsense') return sendReply(response, { status: 200, headers: {}, body: ['nonsense'] });
  if (fault.kind === 'error') return sendReply(response, orderedError(fault));
  return sendReply(response, errorReply(fault.kind, usageHeaders(fault)));
}

/** Whether the fault is an answer that says "too many requests". */
export function isThrottling(fault: Fault): boolean {
  if (fault.kind === 'error') return fault.status === 429 || throttlingCodes.has(fault.code);
  return throttlingKinds.has(fault.kind);
}

const throttlingKinds: ReadonlySet<string> = new Set(['tooManyRequests', 'appThrottled', 'businessThrottled']);
const throttlingCodes = new Set([4, 613, 80007, 130429, 131056, 138002, 138005]);

function usageHeaders(fault: Exclude<Fault, { kind: 'error' }>): Record<string, string> {
  if (fault.kind === 'appThrottled') return { 'x-app-usage': appUsage(100) };
  if (fault.kind !== 'businessThrottled') return {};
  const { businessAccountID = '0', regainMinutes = 5 } = fault;
  return { 'x-business-use-case-usage': businessUsage(businessAccountID, 100, regainMinutes) };
}

function orderedError(fault: ErrorFaultOptions): Reply {
  const { status, code, subcode, transient, retryAfter, title = 'Ordered by the test', details = title } = fault;
  const error = new GraphError({
    status,
    code,
    ...(subcode === undefined ? {} : { subcode }),
    ...(transient === undefined ? {} : { transient }),
  }, title, details);
  return { status, headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }, body: error.body };
}

export function sendReply(response: ServerResponse, { status, headers, body }: Reply): number {
  response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(body));
  return status;
}

const errors = {
  unavailable: { status: 503, code: 2, title: 'Service temporarily unavailable' },
  internal2: { status: 500, code: 2, title: 'Service temporarily unavailable' },
  internal: { status: 500, code: 131000, title: 'Something went wrong' },
  tooManyRequests: { status: 429, code: 130429, title: 'Rate limit hit' },
  appThrottled: { status: 400, code: 4, title: 'Application request limit reached' },
  businessThrottled: { status: 400, code: 80007, title: 'Rate limit issues' },
} as const;

function errorReply(kind: keyof typeof errors, headers: Readonly<Record<string, string>>): Reply {
  const { status, code, title } = errors[kind];
  return { status, headers, body: new GraphError({ status, code }, title, title).body };
}

function cutOff(response: ServerResponse, whole: object): number {
  const body = JSON.stringify(whole);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.slice(0, Math.ceil(body.length / 2)), () => response.destroy());
  return 200;
}
