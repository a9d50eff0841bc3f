// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Answer as Served, Page } from '../kube/serve.ts';
import { question, type Answer, type Door, type Question } from './contract.ts';

/** Where a proxy posts its question, with its parts as the query. */
export const PERMISSION_PATH = '/permission';

/** Answers whoever knows the door's key. */
export function permissionDoor({ key }: Door, ask: (question: Question) => Promise<Answer>): Served {
  return async (query, { authorization = '' }) => {
    if (!isSame(authorization, `Bearer ${key}`)) return text(401, 'only proxies of this installation are answered here');
    const parsed = question.safeParse(Object.fromEntries(query));
    if (!parsed.success) return text(400, `wrong or missing: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
    return { contentType: 'application/json', body: `${JSON.stringify(await ask(parsed.data))}\n` };
  };
}

const text = (status: number, body: string): Page => ({ status, contentType: 'text/plain', body: `${body}\n` });

/** In a time that tells nothing of where they differ. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
