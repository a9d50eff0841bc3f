// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { AGAIN_MS, ANSWER_MS, CallCount, GONE_MS, STALE_MS } from '../../../media/agent/calls.ts';
import { MemoryRelays } from './memoryrelays.ts';

const [SALES, SUPPORT] = ['15550001111', '15550003333'];
/** Labels of calls that were answered. */
const [AT_SALES, AT_SUPPORT] = [`${SALES};sdp=x`, `${SUPPORT};sdp=x`];
let relays: MemoryRelays;
let now: number;
let warnings: string[];
let lost: string[];
let count: CallCount;
beforeEach(() => {
  relays = new MemoryRelays();
  now = 0;
  warnings = [];
  lost = [];
  count = new CallCount(relays, pino({ level: 'info' }, { write: (line) => void warnings.push(line) }), () => now, (calls) => void lost.push(...calls.map(({ callId }) => callId)));
});

/** Calls by number. */
const counted = async () => (await count.count())?.numbers ?? null;

describe('the count of calls', () => {
  it('is not known before it is known which relays there are', async () => {
    expect(await counted()).toBeNull();
  });

  it('goes by number over all relays', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SALES };
    relays.of['two'] = { c: AT_SUPPORT, d: AT_SALES };
    count.use(['one', 'two']);
    expect(await counted()).toEqual({ [SALES]: 3, [SUPPORT]: 1 });
  });

  it('falls when a call ends, and asks about each call once', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SALES };
    count.use(['one']);
    await count.count();
    relays.of['one'] = { b: AT_SALES, c: AT_SUPPORT };
    expect(await counted()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    expect(relays.questions).toBe(3);
    relays.of['one'] = {};
    expect(await counted()).toEqual({});
  });

  it('goes by destination too, and follows a call that goes on to another until it is answered', async () => {
    relays.of['one'] = { a: `${SALES};to=sip%3Apbx%3A5060`, b: `${SALES};to=sip%3Ab;sdp=x`, out: `${SALES};sdp=x` };
    count.use(['one']);
    expect(await count.count()).toEqual({ numbers: { [SALES]: 3 }, destinations: { 'sip:pbx:5060': 1, 'sip:b': 1 } });
    relays.of['one'] = { a: `${SALES};to=sip%3Ab`, b: `${SALES};to=sip%3Ab;sdp=x` };
    expect(await count.count()).toEqual({ numbers: { [SALES]: 2 }, destinations: { 'sip:b': 2 } });
    expect(relays.questions).toBe(4);
  });

  it('knows each call by what its label says', async () => {
    relays.of['one'] = { a: `${SALES};kind=in;route=voice%2Fsales;to=sip%3Aa`, b: `${SUPPORT};kind=out;route=voice%2Fout;sdp=x` };
    count.use(['one']);
    const common = { since: 1_800_000_000, relay: 'one', sides: undefined, ending: undefined };
    expect(await count.live()).toEqual([
      { ...common, callId: 'a', digits: SALES, direction: 'Inbound', route: 'voice/sales', destination: 'sip:a', isAnswered: false },
      { ...common, callId: 'b', digits: SUPPORT, direction: 'Outbound', route: 'voice/out', destination: undefined, isAnswered: true },
    ]);
  });

  it('leaves out a call that ends while it is asked about', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SALES };
    relays.meanwhile = () => void (relays.of['one'] = { b: AT_SALES });
    count.use(['one']);
    expect(await counted()).toEqual({ [SALES]: 1 });
  });

  it('is not known, and never zero, while a relay in use is silent, however long', async () => {
    relays.of['one'] = { a: AT_SALES };
    count.use(['one', 'two']);
    expect(await counted()).toBeNull();
    now += GONE_MS * 10;
    expect(await counted()).toBeNull();
    relays.of['two'] = {};
    expect(await counted()).toEqual({ [SALES]: 1 });
  });

  it('is not known while a relay has calls that do not say their number', async () => {
    relays.of['one'] = { a: AT_SALES, old: '' };
    count.use(['one']);
    expect(await counted()).toBeNull();
    relays.of['one'] = { a: AT_SALES };
    expect(await counted()).toEqual({ [SALES]: 1 });
  });

  it('is shared by questions at the same time', async () => {
    relays.of['one'] = { a: AT_SALES };
    count.use(['one']);
    const both = await Promise.all([counted(), counted()]);
    expect(both).toEqual([{ [SALES]: 1 }, { [SALES]: 1 }]);
    expect(relays.questions).toBe(1);
  });

  it('that takes too long is given up, and ends the next time with what was learned', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SALES, c: AT_SALES };
    count.use(['one']);
    const label = relays.about.bind(relays);
    relays.about = (...question) => {
      now += ANSWER_MS * 0.6;
      return label(...question);
    };
    expect(await counted()).toBeNull();
    expect(await counted()).toEqual({ [SALES]: 3 });
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
    relays.of['old'] = { a: AT_SALES };
    relays.of['new'] = { b: AT_SUPPORT };
    count.use(['old']);
    count.use(['new']);
  });

  it('counts until its last call has ended', async () => {
    expect(await counted()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    relays.of['old'] = {};
    expect(await counted()).toEqual({ [SUPPORT]: 1 });
    relays.of['old'] = 'silent';
    expect(await counted()).toEqual({ [SUPPORT]: 1 });
  });

  it('and does not answer leaves the count open, until it was silent so long that it must be gone', async () => {
    await count.count();
    relays.of['old'] = 'silent';
    expect(await counted()).toBeNull();
    now += GONE_MS - 1;
    expect(await counted()).toBeNull();
    now += 1;
    await count.count();
    expect(await counted()).toEqual({ [SUPPORT]: 1 });
  });

  it('and does not answer is asked now and then only, so that nobody waits for it each time', async () => {
    relays.of['old'] = 'silent';
    const asked: string[] = [];
    const load = relays.load.bind(relays);
    relays.load = (relay) => {
      asked.push(relay);
      return load(relay);
    };
    await count.count();
    now += AGAIN_MS - 1;
    expect(await counted()).toBeNull();
    now += 1;
    await count.count();
    expect(asked.filter((relay) => relay === 'old')).toHaveLength(2);
    expect(asked.filter((relay) => relay === 'new')).toHaveLength(3);
  });

  it('and was silent only for a while counts again', async () => {
    relays.of['old'] = 'silent';
    await count.count();
    now += GONE_MS - 1;
    relays.of['old'] = { a: AT_SALES };
    // It is asked while others are waited for.
    expect(await counted()).toBeNull();
    expect(await counted()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
    now += GONE_MS;
    relays.of['old'] = 'silent';
    expect(await counted()).toBeNull();
  });

  it('and answers, but not all that was asked, is neither empty nor gone', async () => {
    relays.of['old'] = 'confused';
    expect(await counted()).toBeNull();
    now += GONE_MS;
    expect(await counted()).toBeNull();
    now += GONE_MS;
    expect(await counted()).toBeNull();
    relays.of['old'] = { a: AT_SALES };
    expect(await counted()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
  });

  it('gets calls again when it is back in use, and is then asked for good', async () => {
    relays.of['old'] = {};
    await count.count();
    count.use(['old', 'new']);
    relays.of['old'] = { c: AT_SALES };
    expect(await counted()).toEqual({ [SALES]: 1, [SUPPORT]: 1 });
  });
});

describe('what relays have to do', () => {
  it('is told by address, as they said it last, and nothing of one that does not tell', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SALES };
    relays.of['two'] = 'silent';
    count.use(['one', 'two']);
    expect(count.loads).toEqual(new Map());
    expect(await counted()).toBeNull();
    expect(count.loads).toEqual(new Map([['one', { calls: 2, units: 2, began: relays.began, oldest: 1_800_000_000 }]]));
    now += STALE_MS + 1;
    expect(count.loads).toEqual(new Map());
    await count.count();
    expect(count.loads.size).toBe(1);
    relays.of['one'] = 'silent';
    await count.count();
    expect(count.loads).toEqual(new Map());
  });

  it('is told as it was while a relay is being asked', async () => {
    relays.of['one'] = { a: AT_SALES };
    count.use(['one']);
    await count.count();
    relays.meanwhile = () => {
      expect(count.loads).toEqual(new Map([['one', { calls: 1, units: 1, began: relays.began }]]));
    };
    await count.count();
    expect.assertions(1);
  });
});
