// SPDX-License-Identifier: Apache-2.0
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { secret, type Secret } from '../../../operator/controllers/shared/observed.ts';
import { Passwords } from '../../../operator/controllers/shared/passwords.ts';
import { ha1, proofOf } from '../../../operator/routing/numbers.ts';
import { Packer } from '../../../operator/routing/packing.ts';
import { toSnapshot, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { number } from '../builders.ts';

const REALM = 'sip.example.com';
const sales = number('sales', '+15550001111');
const hash = (password: string, realm = REALM) => ha1('15550001111', realm, password);

const secretOf = (data: Readonly<Record<string, string>>): Secret => secret.parse({ metadata: { name: 'default-snapshot', namespace: 'voice' }, data });
const snapshotSecret = (value: Snapshot): Secret => secretOf(new Packer().pack(value).data);
const served = snapshotSecret(
  toSnapshot({ hostname: REALM, sourceNetworks: [], media: [], numbers: [{ digits: '15550001111', name: 'sales', ha1: hash('served'), maxCalls: null, outbound: null, routes: [] }] }),
);

/** Secrets as they are read, counted. */
const reading = (found: Secret | undefined | null) => ({ reads: 0, async read() { this.reads += 1; return found; } });

describe('a SIP password', () => {
  let passwords: Passwords;
  let changed: string[];
  beforeEach(() => {
    passwords = new Passwords();
    changed = [];
    passwords.subscribe((name) => changed.push(name));
  });

  it('is kept as HA1 for its number, its digits and its realm', () => {
    expect(passwords.knows(sales)).toBe(false);
    passwords.keep(sales, REALM, 'new');
    expect(passwords.ha1(sales, REALM)).toBe(hash('new'));
    expect(passwords.ha1(sales, 'other.example.com')).toBeUndefined();
    expect(passwords.ha1(number('sales', '+15550002222'), REALM)).toBeUndefined();
    passwords.forget('sales');
    expect(passwords.knows(sales)).toBe(false);
  });

  it('is told of when it is another one, and not when Meta shows the same again', () => {
    for (const password of ['a', 'a', 'b']) passwords.keep(sales, REALM, password);
    expect(changed).toEqual(['sales', 'sales']);
  });

  it('is what the proxies have after a restart, and is read once', async () => {
    const secrets = reading(served);
    expect(await passwords.load(secrets, 'default')).toBe(true);
    expect(await passwords.load(secrets, 'default')).toBe(true);
    expect(secrets.reads).toBe(1);
    expect(passwords.ha1(sales, REALM)).toBe(hash('served'));
  });

  it('that Meta showed meanwhile is newer than what the proxies have', async () => {
    passwords.keep(sales, REALM, 'newer');
    changed = [];
    await passwords.load(reading(served), 'default');
    expect(passwords.ha1(sales, REALM)).toBe(hash('newer'));
  });

  it('is found in a snapshot of an earlier version, whatever else that had', async () => {
    const numbers = [{ digits: '15550001111', name: 'sales', ha1: hash('served'), formerly: 'there' }];
    const packets = { 'gateway.json.br': { hostname: REALM }, 'numbers-0.json.br': numbers };
    const packed = Object.entries(packets).map(([key, value]) => [key, brotliCompressSync(JSON.stringify(value)).toString('base64')]);
    // As it was written before there were packets.
    const whole = { 'snapshot.json.gz': gzipSync(JSON.stringify({ version: '1', hostname: REALM, numbers })).toString('base64') };
    for (const data of [Object.fromEntries(packed), whole]) {
      const own = new Passwords();
      await own.load(reading(secretOf(data)), 'default');
      expect(own.ha1(sales, REALM)).toBe(hash('served'));
    }
  });

  it('is unknown where there is no snapshot, or none that can be read', async () => {
    expect(await passwords.load(reading(undefined), 'default')).toBe(true);
    expect(await passwords.load(reading(secretOf({ 'gateway.json.br': 'bm8gc25hcHNob3Q=' })), 'second')).toBe(true);
    expect(passwords.knows(sales)).toBe(false);
  });

  it('is kept for the old realm too while a number moves, until Meta dials the new name', () => {
    const there = 'sip2.example.com';
    passwords.keep(sales, REALM, 'a');
    passwords.dials('sales', REALM);
    passwords.keep(sales, there, 'b');
    expect([passwords.ha1(sales, REALM), passwords.ha1(sales, there)]).toEqual([hash('b'), hash('b', there)]);
    expect([...passwords.dialling(REALM)]).toEqual(['sales']);
    passwords.dials('sales', there);
    passwords.keep(sales, there, 'b');
    expect([passwords.ha1(sales, REALM), [...passwords.dialling(REALM)], [...passwords.dialling(there)]]).toEqual([undefined, [], ['sales']]);
  });

  it('proves the number to Meta too, also after a restart where the number may be called with', async () => {
    passwords.keep(sales, REALM, 'secret');
    const proof = proofOf('15550001111', 'secret');
    expect(passwords.proof(sales)).toEqual(proof);
    const routes = [{ name: 'voice/out', match: null, networks: ['10.0.0.0/8'], users: [], asksPermission: false }];
    const numbers = [{ digits: '15550001111', name: 'sales', ha1: hash('secret'), maxCalls: null, outbound: { proof, keyExchange: 'SDES' as const, routes }, routes: [] }];
    const restarted = new Passwords();
    await restarted.load(reading(snapshotSecret(toSnapshot({ hostname: REALM, sourceNetworks: [], media: [], numbers }))), 'default');
    expect(restarted.proof(sales)).toEqual(proof);
    expect(restarted.proof(number('sales', '+15550009999'))).toBeUndefined();
  });

  it('is kept for both realms after a restart in the middle of a move', async () => {
    const moved = toSnapshot({ hostname: 'sip2.example.com', sourceNetworks: [], media: [], numbers: [{ digits: '15550001111', name: 'sales', ha1: hash('served', 'sip2.example.com'), maxCalls: null, outbound: null, routes: [] }] });
    await passwords.load(reading(served), 'default');
    await passwords.load(reading(snapshotSecret(moved)), 'second');
    expect([passwords.ha1(sales, REALM), passwords.ha1(sales, 'sip2.example.com')]).toEqual([hash('served'), hash('served', 'sip2.example.com')]);
    expect([[...passwords.dialling(REALM)], [...passwords.dialling('sip2.example.com')]]).toEqual([['sales'], ['sales']]);
  });

  it('counts as not looked for while the snapshot is closed to us', async () => {
    expect(await passwords.load(reading(null), 'default')).toBe(false);
    expect(await passwords.load(reading(served), 'default')).toBe(true);
    expect(passwords.knows(sales)).toBe(true);
  });
});
