// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer as Served, Page } from '../kube/serve.ts';
import { question, type Answer, type Question } from './contract.ts';

/** Where a proxy posts its question, with its parts as the query. */
export const PERMISSION_PATH = '/permission';

/** What the proxies of a gateway must show: it follows from the operator's secret, and tells whose proxies they are. */
export const doorKey = (secret: string, gateway: string): string => `${gateway}.${createHmac('sha256', secret).update(gateway).digest('base64url')}`;

/** Answers whoever knows a gateway's key, about its numbers. */
export function permissionDoor(secret: string, ask: (question: Question, gateway: string) => Promise<Answer>): Served {
  return async (query, { authorization = '' }) => {
    const key = authorization.replace(/^Bearer /, '');
    const gateway = key.slice(0, Math.max(0, key.lastIndexOf('.')));
    if (!isSame(key, doorKey(secret, gateway))) return text(401, 'only proxies of this installation are answered here');
    const parsed = question.safeParse(Object.fromEntries(query));
    if (!parsed.success) return text(400, `wrong or missing: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
    return { contentType: 'application/json', body: `${JSON.stringify(await ask(parsed.data, gateway))}\n` };
  };
}

const text = (status: number, body: string): Page => ({ status, contentType: 'text/plain', body: `${body}\n` });

/** In a time that tells nothing of where they differ. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
