// SPDX-License-Identifier: Apache-2.0
// What becomes of calls whose media relay fails.
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { CallCount, GONE_MS } from '../../../media/agent/calls.ts';
import { MemoryRelays } from './memoryrelays.ts';

const [SALES, SUPPORT] = ['15550001111', '15550003333'];
/** Labels of calls that were answered. */
const [AT_SALES, AT_SUPPORT] = [`${SALES};sdp=x`, `${SUPPORT};sdp=x`];
let relays: MemoryRelays;
let now: number;
let lost: string[];
let count: CallCount;
beforeEach(() => {
  relays = new MemoryRelays();
  now = 0;
  lost = [];
  count = new CallCount(relays, pino({ level: 'silent' }), () => now, (calls) => void lost.push(...calls.map(({ callId }) => callId)));
});

/** Calls by number. */
const counted = async () => (await count.count())?.numbers ?? null;

describe('calls that were up', () => {
  beforeEach(async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SUPPORT, ringing: SALES };
    count.use(['one']);
    await count.count();
  });

  it('are lost where their relay has begun anew without them, but for those that nobody had answered', async () => {
    relays.of['one'] = { b: AT_SUPPORT };
    relays.began += 100;
    await count.count();
    expect(lost).toEqual(['a']);
    await count.count();
    expect(lost).toEqual(['a']);
  });

  it('are made whole where their relay has begun anew with them, as they were known before where it knows less', async () => {
    relays.of['one'] = { a: SALES, b: AT_SUPPORT, ringing: SALES };
    relays.began += 100;
    await count.count();
    await count.count();
    expect(relays.revived).toEqual([['a', AT_SALES], ['b'], ['ringing', SALES]]);
    expect(lost).toEqual([]);
    expect(await counted()).toEqual({ [SALES]: 2, [SUPPORT]: 1 });
  });

  it('are lost where their keys do not outlive the process, whatever the relay says', async () => {
    relays.of['one'] = { a: AT_SALES, b: AT_SUPPORT, dtls: AT_SALES };
    await count.count();
    relays.began += 100;
    await count.count();
    expect([lost, relays.ended]).toEqual([['dtls'], ['dtls']]);
    expect(relays.revived.map(([callId]) => callId)).toEqual(['a', 'b']);
  });

  it('are lost where we played an announcement, which no other process goes on with', async () => {
    const sides = { caller: { target: 'sip:a@b', routes: [], own: '<sip:me>', remote: '<sip:you>', cseq: 1 } };
    relays.of['one'] = { playing: `${SALES};sdp=x;sides=${encodeURIComponent(JSON.stringify(sides))}` };
    await count.count();
    relays.began += 100;
    await count.count();
    expect([lost, relays.ended, relays.revived]).toEqual([['playing'], ['playing'], []]);
  });

  it('are seen to again where the relay did not answer, and none is forgotten meanwhile', async () => {
    relays.of['one'] = { b: AT_SUPPORT };
    relays.began += 100;
    relays.refusesToRevive = true;
    await count.count();
    expect(lost).toEqual([]);
    relays.refusesToRevive = false;
    await count.count();
    expect([lost, relays.revived]).toEqual([['a'], [['b']]]);
  });

  it('are lost where their relay is no more and silent', async () => {
    count.use([]);
    relays.of['one'] = 'silent';
    await count.count();
    expect(lost).toEqual([]);
    now += GONE_MS;
    await count.count();
    expect(lost).toEqual(['a', 'b']);
  });

  it('are not lost where they ended, where clocks differ a little, or where a relay is silent that may come back', async () => {
    relays.of['one'] = {};
    relays.began += 2;
    await count.count();
    relays.of['one'] = 'silent';
    now += 10 * GONE_MS;
    await count.count();
    expect(lost).toEqual([]);
  });
});
