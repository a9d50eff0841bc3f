// SPDX-License-Identifier: Apache-2.0
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packer, Unpacker, unpackAccounts } from '../../../operator/routing/packing.ts';
import { toSnapshot, type EntryRoute, type NumberEntry, type OutboundRoute, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { goesTo, relay } from '../builders.ts';

const proof = { md5: 'm', sha256: 's' };
const routeTo = (name: string, target = 'sip:pbx'): EntryRoute => ({ ...goesTo(target), name });
const callsBy = (name: string): OutboundRoute => ({ name, match: null, networks: ['10.0.0.0/8'], users: [], asksPermission: false });

const numberOf = (i: number, routes: EntryRoute[], calls: OutboundRoute[] = []): NumberEntry => ({
  digits: String(1000 + i),
  name: `n${i}`,
  ha1: `hash-${i}`,
  maxCalls: null,
  routes,
  outbound: calls.length > 0 ? { proof, keyExchange: 'SDES', routes: calls } : null,
});

const snapshotOf = (numbers: NumberEntry[]): Snapshot =>
  toSnapshot({ hostname: 'sip.example.com', sourceNetworks: ['192.0.2.0/24'], media: [relay()], numbers });

const many = (count: number, routes = (i: number): EntryRoute[] => [routeTo(`voice/r${i}`)]): Snapshot =>
  snapshotOf(Array.from({ length: count }, (_, i) => numberOf(i, routes(i))));

const packed = (snapshot: Snapshot): Readonly<Record<string, string>> => new Packer().pack(snapshot).data;
const unpacked = (data: Readonly<Record<string, string>>): Snapshot => new Unpacker().unpack(data);

/** Which of some routes, by their place, take the calls of a number, and which may make some. */
const owned = fc.record({ routes: fc.uniqueArray(fc.nat(5)), calls: fc.uniqueArray(fc.nat(2)) });

describe('a packed snapshot', () => {
  it('reads back as it was written, after any other one', () => {
    const snapshot = fc.array(owned, { maxLength: 12 }).chain((list) =>
      fc.array(fc.constantFrom('sip:a', 'sip:b'), { minLength: 6, maxLength: 6 }).map((targets) => {
        const routes = targets.map((target, i) => routeTo(`voice/r${i}`, target));
        const calls = [0, 1, 2].map((i) => callsBy(`voice/out${i}`));
        const at = <T>(things: readonly T[], places: readonly number[]): T[] => places.flatMap((place) => things[place] ?? []);
        return snapshotOf(list.map((own, i) => numberOf(i, at(routes, own.routes), at(calls, own.calls))));
      }),
    );
    fc.assert(
      fc.property(fc.array(snapshot, { minLength: 1, maxLength: 4 }), (list) => {
        const [packer, unpacker] = [new Packer(), new Unpacker()];
        for (const each of list) {
          const { data } = packer.pack(each);
          expect(data).toEqual(packed(each));
          expect(unpacker.unpack({ ...data, 'door.json': 'e30=' })).toEqual(each);
        }
      }),
    );
  });

  it('differs from the one before an edit of a route in one packet and the version', () => {
    const packer = new Packer();
    const before = packer.pack(many(500)).data;
    const after = packer.pack(many(500, (i) => [routeTo(`voice/r${i}`, i === 7 ? 'sip:new' : 'sip:pbx')])).data;
    expect(Object.keys(after).filter((key) => after[key] !== before[key]).map((key) => key.replace(/-\d+\./, '-N.')).toSorted()).toEqual(['gateway.json.br', 'inbound-N.json.br']);
  });

  it('gives what is as it was as the same objects', () => {
    const unpacker = new Unpacker();
    const before = unpacker.unpack(packed(many(50)));
    const after = unpacker.unpack(packed(many(50, (i) => [routeTo(`voice/r${i}`, i === 7 ? 'sip:new' : 'sip:pbx')])));
    expect(after.numbers.filter((each, i) => each !== before.numbers[i]).map(({ name }) => name)).toEqual(['n7']);
  });

  it('takes room for a route once, however many numbers it has', () => {
    const all = routeTo('voice/all', `sip:${'long-name.'.repeat(20)}example.com`);
    const sized = (count: number): number => new Packer().pack(many(count, () => [all])).bytes.plain;
    expect((sized(100) - sized(1)) / 99).toBeLessThan(all.destinations[0]?.target.length ?? 0);
    expect(new Set(unpacked(packed(many(100, () => [all]))).numbers.flatMap(({ routes }) => routes)).size).toBe(1);
  });

  it('tells its sizes as they are', () => {
    const { data, bytes } = new Packer().pack(many(20));
    const values = Object.values(data).map((each) => Buffer.from(each, 'base64'));
    expect(bytes).toEqual({ packed: values.reduce((sum, each) => sum + each.length, 0), plain: values.reduce((sum, each) => sum + brotliDecompressSync(each).length, 0) });
  });

  it('is not made of garbage, or of a part', () => {
    expect(() => unpacked({})).toThrow('the Secret has no key "gateway.json.br"');
    expect(() => unpacked({ 'gateway.json.br': 'bm8gc25hcHNob3Q=' })).toThrow(/./);
    const part = Object.fromEntries(Object.entries(packed(many(1))).filter(([key]) => !key.startsWith('inbound')));
    expect(() => unpacked(part)).toThrow('the snapshot has no route voice/r0');
  });

  it('tells accounts also where the rest is as another version has it', () => {
    const pack = (value: unknown): string => brotliCompressSync(JSON.stringify(value)).toString('base64');
    const numbers = [{ digits: '1', name: 'a', ha1: 'aa', formerly: 'there' }];
    expect(unpackAccounts({ 'gateway.json.br': pack({ hostname: 'sip.example.com' }), 'numbers-0.json.br': pack(numbers) })).toEqual({
      hostname: 'sip.example.com',
      numbers: [{ digits: '1', name: 'a', ha1: 'aa' }],
    });
  });
});
