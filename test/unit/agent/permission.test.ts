// SPDX-License-Identifier: Apache-2.0
// What a proxy makes of a user's permission: whom it asks, and what the inside hears.
import { Registry } from '@prometheus-io/client';
import pino from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Permissions } from '../../../media/agent/permissions.ts';
import { serve } from '../../../operator/kube/serve.ts';
import type { Answer } from '../../../operator/permission/contract.ts';
import { doorKey, PERMISSION_PATH, permissionDoor } from '../../../operator/permission/door.ts';
import { loadLua, type CallLua } from './lua.ts';

const log = pino({ level: 'silent' });
const QUESTION = { route: 'voice/out', number: '442079460101', user: '+447700900123', demanded: 'yes' };
const query = (more: object = {}): URLSearchParams => new URLSearchParams({ ...QUESTION, ...more });
const encoded = (door: object): string => Buffer.from(JSON.stringify(door)).toString('base64');

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

/** An operator that answers so, and what it was asked. */
async function operator(told: Answer): Promise<{ url: string; asked: object[] }> {
  const asked: object[] = [];
  const answer = permissionDoor('secret', async (question, gateway) => {
    asked.push({ ...question, gateway });
    return told;
  });
  const { port } = await serve({ host: '127.0.0.1', port: 0, registry: new Registry(), live: [], ready: [], commands: { [PERMISSION_PATH]: answer } }, stop.signal);
  return { url: `http://127.0.0.1:${port}${PERMISSION_PATH}`, asked };
}

describe('an agent', () => {
  it('asks the operator that the Secret names, with its key', async () => {
    const { url, asked } = await operator({ verdict: 'NoPermission', request: 'Sent' });
    const permissions = new Permissions(log);
    permissions.use(encoded({ url, key: doorKey('secret', 'default') }));
    expect(await permissions.ask(query())).toEqual({ verdict: 'NoPermission', request: 'Sent' });
    expect(asked).toEqual([{ ...QUESTION, demanded: true, gateway: 'default' }]);
  });

  it.each<[string, (url: string) => string | undefined, object]>([
    ['that is not known', () => undefined, {}],
    ['that is gone', () => encoded({ url: 'http://127.0.0.1:1/permission', key: 'secret' }), {}],
    ['with a wrong key', (url) => encoded({ url, key: 'guessed' }), {}],
    ['with the key of another gateway under its own name', (url) => encoded({ url, key: doorKey('secret', 'other').replace('other', 'default') }), {}],
    ['what it does not understand', (url) => encoded({ url, key: doorKey('secret', 'default') }), { number: 'reception' }],
  ])('that asks an operator %s knows nothing', async (_, door, more) => {
    const { url, asked } = await operator({ verdict: 'Allowed' });
    const permissions = new Permissions(log);
    permissions.use(door(url));
    expect(await permissions.ask(query(more))).toEqual({ verdict: 'Unknown' });
    expect(asked).toEqual([]);
  });

  it('takes a door that it cannot read for none', async () => {
    const permissions = new Permissions(log);
    for (const text of [encoded({ url: 'nowhere' }), 'x']) permissions.use(text);
    expect(await permissions.ask(query())).toEqual({ verdict: 'Unknown' });
  });
});

describe('the inside hears', () => {
  let lua: CallLua;
  beforeAll(async () => {
    lua = await loadLua();
  });
  const heard = z.object({ code: z.number(), reason: z.string(), headers: z.string() }).optional();
  const refusal = (told: Answer) => heard.parse(lua('permission.refusal', told) ?? undefined);

  it.each<Answer>([{ verdict: 'Allowed' }, { verdict: 'Unknown' }])('nothing where the verdict is $verdict: the call is made', (told) => {
    expect(refusal(told)).toBeUndefined();
  });

  it.each([
    ['Sent', 'sent', 'User Was Asked For Call Permission'],
    ['Possible', 'possible', 'User Has Given No Call Permission'],
    ['NotNow', 'not-now', 'User Has Given No Call Permission'],
    ['Failed', 'failed', 'User Has Given No Call Permission'],
  ] as const)('what became of the request: %s', (request, word, reason) => {
    const told = refusal({ verdict: 'NoPermission', request });
    expect(told).toMatchObject({ code: 403, reason, headers: `X-WA-Call-Permission: none\r\nX-WA-Permission-Request: ${word}\r\n` });
  });

  it('Meta’s words, which cannot end the header', () => {
    const { headers = '' } = refusal({ verdict: 'NoPermission', request: 'Failed', words: 'no "way"\r\nX-Evil: yes' }) ?? {};
    expect(headers.split('\r\n')).toEqual(['X-WA-Call-Permission: none', 'X-WA-Permission-Request: failed;reason="no  way   X-Evil: yes"', '']);
  });

  it('how long to wait where calls are used up', () => {
    expect(refusal({ verdict: 'UsedUp', retryAfterSeconds: 77 })).toMatchObject({ code: 480, headers: 'X-WA-Call-Permission: granted\r\nRetry-After: 77\r\n' });
  });
});
