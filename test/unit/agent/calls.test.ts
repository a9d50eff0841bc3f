// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { AGAIN_MS, ANSWER_MS, CallCount, GONE_MS } from '../../../media/agent/calls.ts';
import { SilentRelayError, type Relays } from '../../../media/agent/contract.ts';

/** Relays in memory: by address the label of each call. */
class MemoryRelays implements Relays {
  readonly of: Record<string, Record<string, string> | 'silent' | 'confused'> = {};
  questions = 0;
  /** Happens between the list and the questions about its calls. */
  meanwhile = (): void => {};

  async calls(relay: string): Promise<readonly string[]> {
    const ids = Object.keys(this.#answer(relay));
    this.meanwhile();
    return ids;
  }

  async digitsOf(relay: string, callId: string): Promise<string | undefined> {
    this.questions += 1;
    return this.#answer(relay)[callId];
  }

  #answer(relay: string): Record<string, string> {
    const calls = this.of[relay] ?? 'silent';
    if (calls === 'silent') throw new SilentRelayError(relay);
    if (calls === 'confused') throw new Error('has 500 calls or more');
    return calls;
  }
}

const [SALES, SUPPORT] = ['15550001111', '15550003333'];
let relays: MemoryRelays;
let now: number;
let warnings: string[];
let count: CallCount;
beforeEach(() => {
  relays = new MemoryRelays();
  now = 0;
  warnings = [];
  count = new CallCount(relays, pino({ level: 'info' }, { write: (line) => void warnings.push(line) }), () => now);
});

describe('the count of calls', () => {
  it('is not known before it is known which relays there are', async () => {
    expect(await count.count()).toBeNull();
  });

  it('goes by number over all relays', async () => {
    relays.of['one'] = { a: SALES, b: SALES };
    relays.of['two'] = { c: SUPPORT, d: SALES };
    count.use(['one', 'two']);
    expect(await count.count()).toEqual({ [SALES]: 3, [SUPPORT]: 1 });
  });

  it('falls when a call ends, and asks about each call once', async () => {
    relays.of['one'] = { a: SALES, b: SALES };
    count.use(['one']);
    await count.count();
    relays.of['one'] = { b: SALES, c: SUPPORT };
    expect(await count.count()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    expect(relays.questions).toBe(3);
    relays.of['one'] = {};
    expect(await count.count()).toEqual({});
  });

  it('leaves out a call that ends while it is asked about', async () => {
    relays.of['one'] = { a: SALES, b: SALES };
    relays.meanwhile = () => void (relays.of['one'] = { b: SALES });
    count.use(['one']);
    expect(await count.count()).toEqual({ [SALES]: 1 });
  });

  it('is not known, and never zero, while a relay in use is silent, however long', async () => {
    relays.of['one'] = { a: SALES };
    count.use(['one', 'two']);
    expect(await count.count()).toBeNull();
    now += GONE_MS * 10;
    expect(await count.count()).toBeNull();
    relays.of['two'] = {};
    expect(await count.count()).toEqual({ [SALES]: 1 });
  });

  it('is not known while a relay has calls that do not say their number', async () => {
    relays.of['one'] = { a: SALES, old: '' };
    count.use(['one']);
    expect(await count.count()).toBeNull();
    relays.of['one'] = { a: SALES };
    expect(await count.count()).toEqual({ [SALES]: 1 });
  });

  it('is shared by questions at the same time', async () => {
    relays.of['one'] = { a: SALES };
    count.use(['one']);
    const both = await Promise.all([count.count(), count.count()]);
    expect(both).toEqual([{ [SALES]: 1 }, { [SALES]: 1 }]);
    expect(relays.questions).toBe(1);
  });

  it('that takes too long is given up, and ends the next time with what was learned', async () => {
    relays.of['one'] = { a: SALES, b: SALES, c: SALES };
    count.use(['one']);
    const label = relays.digitsOf.bind(relays);
    relays.digitsOf = (...question) => {
      now += ANSWER_MS * 0.6;
      return label(...question);
    };
    expect(await count.count()).toBeNull();
    expect(await count.count()).toEqual({ [SALES]: 3 });
  });

  it('is missed once in the log, not at every question, and without a Call-ID', async () => {
    count.use(['one']);
    await count.count();
    await count.count();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('media relay one does not answer');
    relays.of['one'] = { 'outgoing:wacid.secret': '' };
    await count.count();
    expect(warnings).toHaveLength(2);
    expect(warnings.join('')).not.toContain('secret');
  });
});

describe('a relay that gets no more calls', () => {
  beforeEach(() => {
    relays.of['old'] = { a: SALES };
    relays.of['new'] = { b: SUPPORT };
    count.use(['old']);
    count.use(['new']);
  });

  it('counts until its last call has ended', async () => {
    expect(await count.count()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    relays.of['old'] = {};
    expect(await count.count()).toEqual({ [SUPPORT]: 1 });
    relays.of['old'] = 'silent';
    expect(await count.count()).toEqual({ [SUPPORT]: 1 });
  });

  it('and does not answer leaves the count open, until it was silent so long that it must be gone', async () => {
    await count.count();
    relays.of['old'] = 'silent';
    expect(await count.count()).toBeNull();
    now += GONE_MS - 1;
    expect(await count.count()).toBeNull();
    now += 1;
    await count.count();
    expect(await count.count()).toEqual({ [SUPPORT]: 1 });
  });

  it('and does not answer is asked now and then only, so that nobody waits for it each time', async () => {
    relays.of['old'] = 'silent';
    const asked: string[] = [];
    const calls = relays.calls.bind(relays);
    relays.calls = (relay) => {
      asked.push(relay);
      return calls(relay);
    };
    await count.count();
    now += AGAIN_MS - 1;
    expect(await count.count()).toBeNull();
    now += 1;
    await count.count();
    expect(asked.filter((relay) => relay === 'old')).toHaveLength(2);
    expect(asked.filter((relay) => relay === 'new')).toHaveLength(3);
  });

  it('and was silent only for a while counts again', async () => {
    relays.of['old'] = 'silent';
    await count.count();
    now += GONE_MS - 1;
    relays.of['old'] = { a: SALES };
    expect(await count.count()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    now += GONE_MS;
    relays.of['old'] = 'silent';
    expect(await count.count()).toBeNull();
  });

  it('and answers, but not all that was asked, is neither empty nor gone', async () => {
    relays.of['old'] = 'confused';
    expect(await count.count()).toBeNull();
    now += GONE_MS;
    expect(await count.count()).toBeNull();
    now += GONE_MS;
    expect(await count.count()).toBeNull();
    relays.of['old'] = { a: SALES };
    expect(await count.count()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
  });

  it('gets calls again when it is back in use, and is then asked for good', async () => {
    relays.of['old'] = {};
    await count.count();
    count.use(['old', 'new']);
    relays.of['old'] = { c: SALES };
    expect(await count.count()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
  });
});
