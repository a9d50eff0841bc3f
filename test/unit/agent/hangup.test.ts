// SPDX-License-Identifier: Apache-2.0
import pino from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { due, Endings, hangingUp, losing } from '../../../media/agent/hangup.ts';
import type { Side } from '../../../media/agent/label.ts';
import { byeTo, serverOf } from '../../../media/kamailio/bye.ts';
import { loadLua, type CallLua } from './lua.ts';

const side = (name: string, routes: string[] = []): Side => ({ target: `sip:${name}`, routes, own: '<sip:us>;tag=1', remote: `<sip:${name}>;tag=2`, cseq: 3 });
const call = { callId: 'x', relay: 'one', since: 0, digits: '1', direction: 'Inbound' as const, route: 'r', destination: 'd', ending: undefined, isAnswered: true };

describe('a call that is ended as asked', () => {
  it('is ended at both ends, and then at the relay, also where one end cannot be told', async () => {
    const done: string[] = [];
    const warnings: string[] = [];
    const hangUp = hangingUp({
      calls: { live: async () => [{ ...call, sides: { caller: side('a'), callee: side('b') } }, { ...call, callId: 'ringing', sides: undefined }] },
      engine: {
        bye: async (_, { target }) => {
          done.push(target);
          if (target === 'sip:a') throw new Error('not reachable');
        },
      },
      relays: { end: async (relay, callId) => void done.push(`${relay} ${callId}`) },
      log: pino({ level: 'warn' }, { write: (line) => void warnings.push(line) }),
    });
    expect(await hangUp('x')).toBe(true);
    expect(done).toEqual(['sip:a', 'sip:b', 'one x']);
    expect(warnings.join()).toContain('not reachable');
    expect([await hangUp('ringing'), await hangUp('y')]).toEqual([false, false]);
    expect(done).toHaveLength(3);
  });

  it('hears a BYE of its own dialog, by the route of that', () => {
    const [method, uri, hop, socket, headers] = byeTo('x', side('a', ['sip:r1;lr', 'sip:r2;lr']), 'Operator');
    expect([method, uri, hop, socket]).toEqual(['BYE', 'sip:a', 'sip:r1;lr', '.']);
    expect(headers?.split('\r\n')).toEqual(expect.arrayContaining(['From: <sip:us>;tag=1', 'To: <sip:a>;tag=2', 'Call-ID: x', 'CSeq: 3 BYE', 'Route: <sip:r1;lr>', 'Route: <sip:r2;lr>']));
    expect(byeTo('x', side('a'), 'LostRelay')[2]).toBe('.');
    const servers = [['sip:wa.meta.vc;transport=tls;lr'], ['sip:10.0.0.7:5061;transport=tls'], ['sip:a@edge.example.com:5061']].map((routes) => serverOf(side('a', routes)));
    expect([...servers, serverOf({ ...side('a'), target: 'sip:desk@pbx.example.com;transport=tls' })]).toEqual(['wa.meta.vc', undefined, 'edge.example.com', 'pbx.example.com']);
  });
});

describe('a call that we answered ourselves', () => {
  it('is ended at its time by the agent that it is for, and by another only later', () => {
    const live = [{ ...call, sides: undefined, ending: { at: 100, by: '10.0.0.1' } }, { ...call, callId: 'other', sides: undefined }];
    expect([99, 100].map((now) => due(live, '10.0.0.1', now))).toEqual([[], ['x']]);
    expect([100, 104, 105].map((now) => due(live, '10.0.0.2', now))).toEqual([[], [], ['x']]);
  });

  it('is not ended twice where a look takes long, nor is the agent harmed where a relay is gone', async () => {
    const ended: string[] = [];
    const warnings: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
    const calls = { live: async () => [{ ...call, sides: { caller: side('a') }, ending: { at: 100, by: 'me' } }] };
    const hangUp = hangingUp({
      calls,
      engine: { bye: async (_, { target }) => void ended.push(target) },
      relays: { end: () => Promise.reject(new Error('media relay one does not answer')) },
      log,
    });
    const endings = new Endings({ calls, hangUp, address: 'me', now: () => 100, log });
    await Promise.all([endings.look(), endings.look()]);
    expect(ended).toEqual(['sip:a']);
    expect(warnings.join()).toContain('does not answer');
    const failing = new Endings({ calls: { live: () => Promise.reject(new Error('no')) }, hangUp, address: 'me', now: () => 100, log });
    await failing.look();
    expect(warnings).toHaveLength(2);
  });

  it('is ended at its one end', async () => {
    const told: string[] = [];
    const hangUp = hangingUp({
      calls: { live: async () => [{ ...call, sides: { caller: side('a') } }] },
      engine: { bye: async (_, { target }) => void told.push(target) },
      relays: { end: async () => void told.push('relay') },
      log: pino({ level: 'silent' }),
    });
    await hangUp('x');
    expect(told).toEqual(['sip:a', 'relay']);
  });
});

describe('the way to an end', () => {
  let lua: CallLua;
  beforeAll(async () => {
    lua = await loadLua();
  });

  it('is read from addresses in every form', () => {
    expect(['"A" <sip:a@b;x=1>;tag=1', 'sip:a@b;tag=1', '<sip:c>'].map((value) => lua('dialog.uri', value))).toEqual(['sip:a@b;x=1', 'sip:a@b', 'sip:c']);
    expect(lua('dialog.routes', ['<sip:a;lr>, <sip:b;lr>', '<sip:c;lr;ftag=1>'])).toEqual(['sip:a;lr', 'sip:b;lr', 'sip:c;lr;ftag=1']);
  });

  it('is that of any proxy of the gateway, as if this one had made it', () => {
    const route = ['<sip:10.0.0.7:5060;transport=tcp;r2=on;lr;ftag=a;tl=1>', '<sip:sip.example.com:5061;transport=tls;r2=on;lr;ftag=a;tl=1>, <sip:10.9.9.9;lr>'];
    expect(lua('dialog.adopted', route, '10.0.0.1')).toBe(
      '<sip:10.0.0.1:5060;transport=tcp;r2=on;lr;ftag=a;tl=1>, <sip:sip.example.com:5061;transport=tls;r2=on;lr;ftag=a;tl=1>, <sip:10.9.9.9;lr>',
    );
    // Others are known by a name, which may be the one that Meta dials.
    for (const host of ['pbx.example.com', 'sip.example.com', '10.20.0.5']) {
      expect(lua('dialog.adopted', [`<sip:${host}:5063;transport=tls;r2=on;lr;tl=1>`], '10.0.0.1')).toBe('<sip:10.0.0.1:5063;transport=tls;r2=on;lr;tl=1>');
    }
    expect(lua('dialog.adopted', route, '10.0.0.7') ?? undefined).toBeUndefined();
    expect(lua('dialog.adopted', ['<sip:10.9.9.9;lr>'], '10.0.0.1') ?? undefined).toBeUndefined();
  });

  it('comes to any proxy from within the cluster, by the address of a Service', () => {
    const names = ['pbx.voice.svc', 'pbx.voice.svc.cluster.local', 'a.svc.corp.example', 'pbx.svcs.example.com', 'svc.example.com', '10.0.0.1', 'pbx.example.com'];
    expect(names.filter((name) => lua('dialog.is_of_cluster', name))).toEqual(names.slice(0, 3));
    expect(['udp', 'tcp', 'tls', ''].map((transport) => lua('dialog.entry', '10.96.0.7', transport))).toEqual(['10.96.0.7:5060', '10.96.0.7:5060;transport=tcp', '10.96.0.7:5063;transport=tls', '10.96.0.7:5060']);
    expect(lua('dialog.adopted', ['<sip:10.96.0.7:5060;r2=on;tl=1;lr>'], '10.0.0.1')).toBe('<sip:10.0.0.1:5060;r2=on;tl=1;lr>');
  });

  it('leaves the proxy itself out, and begins next to it', () => {
    const routes = ['sip:near-pbx;lr', 'sip:near-us@10.0.0.7:5060;lr', 'sip:10.0.0.1:5060;lr;r2=on;tl=1', 'sip:sip.example.com:5061;transport=tls;lr;tl=1', 'sip:meta;lr'];
    expect(lua('dialog.beyond', routes)).toEqual(['sip:near-us@10.0.0.7:5060;lr', 'sip:near-pbx;lr']);
  });
});

describe('calls that lost their media relay', () => {
  it('are counted and ended at both ends with the reason, as far as their ends are known', async () => {
    const done: string[] = [];
    const counted: number[] = [];
    const engine = { bye: async (callId: string, { target }: Side, why: string) => void done.push(`${callId} ${target} ${why}`) };
    const lose = losing({ engine, log: pino({ level: 'silent' }), count: (calls) => void counted.push(calls) });
    await lose([{ ...call, sides: { caller: side('a'), callee: side('b') } }, { ...call, callId: 'y', sides: undefined }]);
    expect(done).toEqual(['x sip:a LostRelay', 'x sip:b LostRelay']);
    expect(counted).toEqual([2]);
    expect(byeTo('x', side('a'), 'LostRelay').at(-1)).toContain('Reason: Q.850;cause=41;text="Media Relay Lost"\r\n');
  });
});
