// SPDX-License-Identifier: Apache-2.0
// What holds for every request to Meta, against a server on a real socket.
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Sensitive } from '../../../operator/api/sensitive.ts';
import { GraphError } from '../../../operator/meta/errors.ts';
import type { GraphClient } from '../../../operator/meta/graph.ts';
import { access, GraphServer, json, payer, SECRET, TOKEN } from './graphserver.ts';

const ID = '106540352242922';
let server = new GraphServer();
let graph: GraphClient;
beforeEach(async () => {
  server = new GraphServer();
  graph = await server.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await server.stop();
});

/** The error that asking for a number's settings ends in. */
async function failure(options: Parameters<typeof access>[0] = {}): Promise<GraphError> {
  const error: unknown = await graph.calling(access(options), ID).catch((reason: unknown) => reason);
  if (!(error instanceof GraphError)) throw new TypeError(`no GraphError, but ${inspect(error)}`);
  return error;
}

const waitOf = (key: string, more: Partial<typeof payer> = {}): number => server.budget.book(key, { ...payer, ...more }, 1);
const meta = (code: number, message = 'words of Meta'): object => ({ error: { message, code, type: 'OAuthException' } });

describe('a request', () => {
  it('goes to the one version, with the token in a header and nowhere else', async () => {
    server.answer = json({ calling: {} });
    await graph.calling(access(), ID);
    const { method, path, query, headers } = server.last;
    expect([method, path]).toEqual(['GET', `/v25.0/${ID}/settings`]);
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect([...query]).toEqual([['include_sip_credentials', 'true']]);
  });

  it('is signed where the app’s secret is known', async () => {
    server.answer = json({ calling: {} });
    await graph.calling(access({ token: new Sensitive('token'), appSecret: new Sensitive('secret') }), ID);
    // HMAC-SHA256 of "token" with the key "secret", as `openssl dgst -sha256 -hmac secret` prints it.
    expect(server.last.query.get('appsecret_proof')).toBe('e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a');
    expect(inspect(server.last.query)).not.toContain('secret ');
  });

  it('is counted by what was asked and how it ended', async () => {
    server.answer = json({ calling: {} });
    await graph.calling(access(), ID);
    server.answer = json(meta(10), 403);
    await failure();
    server.answer = (response) => response.destroy();
    await failure();
    expect(server.seen).toEqual(['settings 200', 'settings 403', 'settings none']);
  });

  it('is paid for by the booking of its number', async () => {
    server.budget.book('voice/sales', payer, 100);
    server.answer = json({ calling: {} });
    for (let i = 0; i < 3; i++) await graph.calling(access(), ID);
    server.budget.settle('voice/sales');
    expect(server.budget.book('rest', payer, 97)).toBe(0);
    expect(waitOf('next')).toBeGreaterThan(0);
  });

  it('leaves no listener on a signal that lives long', async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 50; i++) {
      server.answer = i % 2 ? json({ calling: {} }) : json(meta(2), 503);
      await graph.calling(access({ signal }), ID).catch(() => undefined);
    }
    expect(server.asked).toHaveLength(50);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('an answer', () => {
  it('that is cut off passes by itself', async () => {
    server.answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"calling":', () => response.destroy());
    };
    expect(await failure()).toMatchObject({ kind: 'unavailable', status: 0 });
  });

  it('that never comes passes by itself, after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    server.answer = () => resolve();
    const failed = failure();
    await asked;
    await vi.advanceTimersByTimeAsync(10_000);
    const error = await failed;
    expect(error).toMatchObject({ kind: 'unavailable', status: 0 });
    expect(error.message).toContain('none within 10 s');
  });

  it('whose end never comes passes by itself too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    server.answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => resolve());
    };
    const failed = failure();
    await asked;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await failed).toMatchObject({ kind: 'unavailable', status: 0 });
  });

  it.each([
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['JSON that cannot be', '{"calling":{"sip":{"servers":[{"sip_user_password":"hidden","hostname":5}]}}}'],
  ])('that is %s is not readable, and is not quoted', async (_, body) => {
    server.answer = json(body);
    const error = await failure();
    expect(error).toMatchObject({ kind: 'unavailable', status: 200, message: 'the answer is not readable' });
    expect(inspect(error)).not.toContain('hidden');
  });

  it('that leads elsewhere is not followed: the token stays here', async () => {
    server.answer = json('', 302, { location: `http://127.0.0.1:1/${ID}` });
    expect(await failure()).toMatchObject({ kind: 'unavailable', status: 302 });
    expect(server.asked).toHaveLength(1);
  });

  it('may have garbage beside what is asked for', async () => {
    server.answer = json({
      calling: { status: 'ENABLED' },
      payload_encryption: 7,
      storage_configuration: [null],
      user_identity_change: { x: {} },
    });
    expect(await graph.calling(access(), ID)).toMatchObject({ status: 'ENABLED' });
  });

  it('may have no settings at all', async () => {
    server.answer = json({});
    expect(await graph.calling(access(), ID)).toMatchObject({ status: 'DISABLED', srtp_key_exchange_protocol: 'DTLS' });
  });

  it('keeps all digits of an id', async () => {
    server.answer = json('{"calling":{"voicemail":{"audio":{"default":{"announcement_media_id":9876543210123457}}}}}');
    expect((await graph.calling(access(), ID)).voicemail.audio.default?.announcement_media_id).toBe('9876543210123457');
  });
});

describe('a signal', () => {
  it('ends a request that waits', async () => {
    const controller = new AbortController();
    server.answer = () => controller.abort(new Error('shutting down'));
    const error = await failure({ signal: controller.signal });
    expect(error).toMatchObject({ kind: 'unavailable', status: 0 });
    expect(error.message).toContain('shutting down');
  });

  it('that was given before lets nothing out', async () => {
    expect(await failure({ signal: AbortSignal.abort(new Error('gone')) })).toMatchObject({ kind: 'unavailable' });
    expect(server.asked).toEqual([]);
  });
});

describe('no secret', () => {
  it.each([
    [
      'an error that repeats the token',
      (): void => void (server.answer = json(meta(190, `Malformed access token ${TOKEN}`), 401)),
    ],
    ['an error that repeats the secret', (): void => void (server.answer = json(meta(101, `Wrong secret ${SECRET}`), 400))],
    ['no answer', (): void => void (server.answer = (response) => response.destroy())],
    ['an unreadable answer', (): void => void (server.answer = json(`${TOKEN} ${SECRET}`))],
  ])('comes out of %s', async (_, arrange) => {
    arrange();
    const error = await failure({ appSecret: new Sensitive(SECRET) });
    for (const text of [inspect(error, { depth: 9 }), error.sentence, JSON.stringify(error), error.stack ?? '']) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(SECRET);
    }
  });

  it('comes out of what Meta says of a token', async () => {
    server.answer = json({ data: { is_valid: false, error: { message: `The token ${TOKEN} has expired` } } });
    expect(inspect(await graph.token(access()))).not.toContain(TOKEN);
  });
});

describe('a limit', () => {
  const MINUTE = 60_000;

  it.each<[string, () => void, object]>([
    ['of the app', () => (server.answer = json(meta(4), 400)), { same: 5 * MINUTE, otherAccount: 5 * MINUTE }],
    ['of the account', () => (server.answer = json(meta(80007), 400)), { same: 5 * MINUTE, otherAccount: 0 }],
    [
      'with Retry-After',
      () => (server.answer = json(meta(80007), 400, { 'retry-after': '90' })),
      { same: 90_000, otherAccount: 0 },
    ],
    [
      'with a time in its headers',
      () =>
        (server.answer = json(meta(80007), 400, {
          'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":12}]}',
        })),
      { same: 12 * MINUTE, otherAccount: 0 },
    ],
    [
      'that no code tells',
      () => (server.answer = json('slow down', 429, { 'retry-after': '30' })),
      { same: 30_000, otherAccount: 0 },
    ],
    ['of Meta as a whole', () => (server.answer = json('', 503, { 'retry-after': '20' })), { same: 20_000, otherAccount: 0 }],
  ])('%s is heeded by all that it is about', async (_, arrange, expected) => {
    arrange();
    await failure();
    expect({ same: waitOf('a'), otherAccount: waitOf('b', { account: '2' }), otherApp: waitOf('c', { app: '8' }) }).toEqual({
      ...expected,
      otherApp: 0,
    });
  });

  it.each([133016, 138002, 138005, 138009, 138012, 131056, 613])(
    'of one number or call (code %i) holds up no other number',
    async (code) => {
      server.answer = json(meta(code), 400);
      expect(await failure()).toMatchObject({ kind: 'throttled', retryAfterMs: 60 * MINUTE });
      expect(waitOf('a')).toBe(0);
    },
  );

  it('that is near is told by headers of good answers', async () => {
    server.answer = json({ calling: {} }, 200, { 'x-app-usage': '{"call_count":95}' });
    await graph.calling(access(), ID);
    expect(waitOf('a')).toBe(MINUTE);
  });

  it('is none after trouble that passes', async () => {
    server.answer = json('', 503);
    await failure();
    expect(waitOf('a')).toBe(0);
  });
});
