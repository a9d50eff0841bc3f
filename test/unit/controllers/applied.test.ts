// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { AppliedSnapshots } from '../../../operator/controllers/shared/routing.ts';
import { goesTo } from '../builders.ts';
import { toSnapshot, type Snapshot } from '../../../operator/routing/snapshot.ts';

/** A gateway's snapshot where each number goes to a host. */
const sending = (hosts: Record<string, string>): Snapshot =>
  toSnapshot({
    hostname: 'sip.example.com',
    sourceNetworks: [],
    media: [],
    numbers: Object.entries(hosts).map(([name, host]) => ({ name, digits: name, ha1: '', maxCalls: null, outbound: null, routes: [goesTo(`sip:${host}`)] })),
  });

describe('what the proxies are known to serve', () => {
  const here = sending({ sales: 'a', help: 'a' });
  const there = sending({ sales: 'b', help: 'a' });
  let told: string[][];
  let applied: AppliedSnapshots;
  const target = (number: string) => applied.entry('default', number)?.routes[0]?.destinations[0]?.target;

  beforeEach(() => {
    told = [];
    applied = new AppliedSnapshots((numbers) => told.push([...numbers]));
    applied.sending('default', here);
    applied.set('default', here);
    told = [];
  });

  it('is unknown for a number from the moment that another version of it is sent, and for no other', () => {
    applied.sending('default', there);
    expect([target('sales'), target('help')]).toEqual([undefined, 'sip:a']);
  });

  it('stays unknown where a second edit undoes the first, until all proxies were asked again', () => {
    applied.sending('default', there);
    applied.sending('default', here);
    expect(target('sales')).toBeUndefined();
    applied.set('default', here);
    expect(target('sales')).toBe('sip:a');
    expect(told).toEqual([['sales']]);
  });

  it('tells of the numbers that are served differently, once', () => {
    applied.sending('default', there);
    applied.set('default', there);
    applied.set('default', there);
    expect(told).toEqual([['sales']]);
  });

  it('is nothing after the gateway is gone', () => {
    applied.sending('default', there);
    applied.forget('default');
    expect([target('sales'), applied.knows('default')]).toEqual([undefined, false]);
    expect(told).toEqual([['sales', 'help']]);
  });
});
