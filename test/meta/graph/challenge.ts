// SPDX-License-Identifier: Apache-2.0
// Meta's check that a webhook's owner wants it: GET with a challenge that the answer must repeat.
import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { resolveHost } from '../sip/dial.ts';
import { GraphError } from './errors.ts';

/** Resolves when the callback repeats the challenge. Throws GraphError 2200. */
export type VerifyCallback = (callbackURL: string, verifyToken: string) => Promise<void>;

export interface ChallengeOptions {
  /** Where the request comes from. */
  readonly sourceAddress: string;
  /** Who resolves the callback's name: `address` or `address:port`. */
  readonly dnsServer: string;
  /** PEM of the roots that an HTTPS callback's certificate must end at, as it is at the moment of the check. */
  readonly trust: () => string;
  readonly timeoutMs: number;
}

export function challenger(options: ChallengeOptions): VerifyCallback {
  return async (callbackURL, verifyToken) => {
    const url = parseURL(callbackURL);
    const challenge = String(randomInt(1_000_000_000, 2_000_000_000));
    url.searchParams.set('hub.mode', 'subscribe');
    url.searchParams.set('hub.challenge', challenge);
    url.searchParams.set('hub.verify_token', verifyToken);
    const { status, text } = await ask(url, options);
    if (status !== 200) throw refusal(`HTTP Status Code = ${status}`);
    // Assumed words: Meta documents the check, and no text for an answer that repeats something else.
    if (text !== challenge) throw refusal('HTTP Status Code = 200; the body does not repeat hub.challenge');
  };
}

function parseURL(text: string): URL {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text);
  throw refusal(`${JSON.stringify(text)} is not an HTTP URL`);
}

async function ask(url: URL, options: ChallengeOptions): Promise<{ status: number; text: string }> {
  const trust = options.trust();
  const agent = new Agent({
    connect: {
      localAddress: options.sourceAddress,
      timeout: options.timeoutMs,
      ...(isIP(url.hostname) ? {} : { servername: url.hostname }),
      ...(trust === '' ? {} : { ca: trust }),
    },
  });
  try {
    const target = new URL(url);
    target.hostname = await resolveHost(options.dnsServer, url.hostname);
    const signal = AbortSignal.timeout(options.timeoutMs);
    const answer = await request(target, { dispatcher: agent, signal, headers: { host: url.host } });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    throw refusal(`${error instanceof Error ? error.message : String(error)}; HTTP Status Code = 0`);
  } finally {
    await agent.destroy();
  }
}

function refusal(reason: string): GraphError {
  const title = `Callback verification failed with the following errors: ${reason}`;
  return new GraphError({ status: 400, code: 2200 }, title, title);
}
