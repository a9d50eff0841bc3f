// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { META_NETWORKS } from '../../../operator/routing/networks.ts';
import { ha1, judgeNumber, proofOf, type NumberVerdict } from '../../../operator/routing/numbers.ts';
import { judgeRoute, type RouteVerdict } from '../../../operator/routing/routes.ts';
import { changedNumbers, entryOf, type MediaRelay, type Snapshot } from '../../../operator/routing/snapshot.ts';
import { translate as toSnapshot } from '../../../operator/routing/translate.ts';
import { toAddress } from '../../../operator/routing/uri.ts';
import type { SipGateway } from '../../../operator/api/sipgateway.ts';
import { sipRoute, type SipRoute } from '../../../operator/api/siproute.ts';
import type { WhatsAppNumber } from '../../../operator/api/whatsappnumber.ts';
import type { RoutingView } from '../../../operator/routing/view.ts';
import { destination, gateway, goesTo, number, relay, route } from '../builders.ts';

const sales = number('sales', '+15550001111');
const desk = number('desk', '+15550002222');

interface RoutingInput {
  gateways: readonly SipGateway[];
  numbers: readonly WhatsAppNumber[];
  routes: readonly SipRoute[];
  ha1: RoutingView['ha1'];
  proof?: RoutingView['proof'];
  password?: RoutingView['password'];
  media: ReadonlyMap<string, readonly MediaRelay[]>;
  /** Gateways that Meta still dials, by the numbers that have left them. */
  dialled?: ReadonlyMap<string, string>;
}

/** Lists as routing looks things up in them. */
const viewOf = ({ gateways, numbers, routes, media, dialled = new Map(), ...rest }: RoutingInput): RoutingView => ({
  gateway: (name) => gateways.find(({ metadata }) => metadata.name === name),
  number: (name) => numbers.find(({ metadata }) => metadata.name === name),
  numbersOf: ({ metadata: { name } }) => numbers.filter((each) => (dialled.get(each.metadata.name) ?? each.spec.gatewayRef.name) === name || each.spec.gatewayRef.name === name),
  rivalsOf: ({ spec: one }) => numbers.filter(({ spec }) => spec.phoneNumber === one.phoneNumber || spec.phoneNumberID === one.phoneNumberID),
  routesOf: (name) => routes.filter(({ spec }) => spec.numbers.some((each) => each.name === name)),
  media: (name) => media.get(name) ?? [],
  insideAddress: ({ spec: { inside } }) => inside.advertisedAddress,
  proof: () => undefined,
  password: () => undefined,
  ...rest,
});

/** Everything that routing decides, by name. */
function translate(from: RoutingInput): { snapshots: Map<string, Snapshot>; numbers: Map<string, NumberVerdict>; routes: Map<string, RouteVerdict> } {
  const view = viewOf(from);
  const byName = <T extends { metadata: { name: string } }, V>(list: readonly T[], judge: (each: T) => V): Map<string, V> =>
    new Map(list.map((each) => [each.metadata.name, judge(each)]));
  return {
    snapshots: byName(from.gateways, (each) => toSnapshot(view, each)),
    numbers: byName(from.numbers, (each) => judgeNumber(view, each)),
    routes: byName(from.routes, (each) => judgeRoute(view, each)),
  };
}

/** HA1 of passwords by the numbers' names. */
const ha1From =
  (passwords: Record<string, string>): RoutingInput['ha1'] =>
  (of, realm) => {
    const password = passwords[of.metadata.name];
    return password === undefined ? undefined : ha1(of.spec.phoneNumber.slice(1), realm, password);
  };

const input = (change: Partial<RoutingInput> = {}): RoutingInput => ({
  gateways: [gateway()],
  numbers: [sales, desk],
  routes: [route('to-sales', ['sales'], 'sip:sales@pbx.example.com:5070;transport=tcp'), route('to-desk', ['desk'])],
  ha1: ha1From({ sales: 'secret-a', desk: 'secret-b' }),
  media: new Map([['default', [relay()]]]),
  ...change,
});

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is none');
  return value;
}

const snapshotOf = (from: RoutingInput, name = 'default'): Snapshot => given(translate(from).snapshots.get(name));

describe('translate', () => {
  it('gives each number its own destination and the HA1 of its own password', () => {
    const snapshot = snapshotOf(input());
    expect(snapshot.numbers).toEqual([
      {
        digits: '15550001111',
        name: 'sales',
        ha1: ha1('15550001111', 'sip.example.com', 'secret-a'),
        maxCalls: null,
        routes: [{ ...goesTo('sip:pbx.example.com:5070;transport=tcp', 'sales'), name: 'voice/to-sales' }],
        outbound: null,
      },
      {
        digits: '15550002222',
        name: 'desk',
        ha1: ha1('15550002222', 'sip.example.com', 'secret-b'),
        maxCalls: null,
        routes: [{ ...goesTo('sip:pbx.example.com'), name: 'voice/to-desk' }],
        outbound: null,
      },
    ]);
  });

  it('lets those call by a number whom an outbound route names, with a proof and no password', () => {
    const out = sipRoute.parse({ ...route('out', ['sales']), spec: { direction: 'Outbound', numbers: [{ name: 'sales' }], sources: { networks: ['10.1.0.0/16', '10.0.0.1/32'] } } });
    const proof = proofOf('15550001111', 'secret-a');
    const asked = input({ routes: [...input().routes, out], proof: (of) => (of.metadata.name === 'sales' ? proof : undefined) });
    const { snapshots, routes, numbers } = translate(asked);
    const [served] = snapshots.get('default')?.numbers ?? [];
    expect(served).toMatchObject({ name: 'sales', outbound: { proof, routes: [{ name: 'voice/out', match: null, networks: ['10.0.0.1/32', '10.1.0.0/16'] }] } });
    expect(served?.routes.map(({ name }) => name)).toEqual(['voice/to-sales']);
    expect(numbers.get('sales')).toMatchObject({ routes: ['to-sales'] });
    expect(routes.get('out')).toMatchObject({ served: ['sales'], lost: [] });
    expect(routes.get('to-sales')).toMatchObject({ served: ['sales'], won: [] });
    expect(snapshotOf({ ...asked, proof: () => undefined }).numbers.map(({ outbound }) => outbound)).toEqual([null, null]);
  });

  it('tells an outbound route of another that lets the same sources call before it, and no other', () => {
    const out = (name: string, networks: string[], age: number): SipRoute =>
      sipRoute.parse({ ...route(name, ['sales'], 'sip:a', age), spec: { direction: 'Outbound', numbers: [{ name: 'sales' }], sources: { networks } } });
    const { routes } = translate(input({ routes: [out('old', ['10.0.0.0/8'], 2), out('same', ['10.0.0.0/8'], 1), out('other', ['10.0.0.1/32'], 0)] }));
    expect(routes.get('same')).toMatchObject({ lost: [{ number: 'sales', to: 'old' }] });
    expect(routes.get('other')).toMatchObject({ served: ['sales'], lost: [] });
  });

  it('never carries a password', () => {
    expect(JSON.stringify(snapshotOf(input()))).not.toMatch(/secret-[ab]/);
  });

  it('lets calls in from the networks Meta publishes where the gateway names none, and only from its own where it does', () => {
    expect(new Set(snapshotOf(input()).sourceNetworks)).toEqual(new Set(META_NETWORKS));
    const own = gateway('default', { access: { sourceNetworks: ['192.0.2.0/24'] } });
    expect(snapshotOf(input({ gateways: [own] })).sourceNetworks).toEqual(['192.0.2.0/24']);
  });

  it('keeps a number without a route in the snapshot, so that its callers hear why', () => {
    const { snapshots, numbers } = translate(input({ routes: [] }));
    expect(snapshots.get('default')?.numbers.map(({ routes }) => routes)).toEqual([[], []]);
    expect(numbers.get('sales')).toEqual({ kind: 'served', gateway: 'default', routes: [] });
  });

  it('leaves a number out until Meta’s password is known', () => {
    const { snapshots, numbers } = translate(input({ ha1: ha1From({ desk: 'x' }) }));
    expect(snapshots.get('default')?.numbers.map(({ name }) => name)).toEqual(['desk']);
    expect(numbers.get('sales')).toEqual({ kind: 'no-password', gateway: 'default' });
  });

  it('leaves a number of an unknown gateway out, and the others in', () => {
    const lost = number('lost', '+15550003333', { spec: { gatewayRef: { name: 'nowhere' } } });
    const { snapshots, numbers } = translate(input({ numbers: [sales, desk, lost] }));
    expect(numbers.get('lost')).toEqual({ kind: 'no-gateway', gateway: 'nowhere' });
    expect(snapshots.get('default')?.numbers).toHaveLength(2);
  });

  it('puts each number into the snapshot of its own gateway only', () => {
    const other = number('other', '+15550003333', { spec: { gatewayRef: { name: 'second' } } });
    const second = gateway('second', { hostname: 'sip2.example.com' });
    const both = input({ gateways: [gateway(), second], numbers: [sales, other], ha1: ha1From({ sales: 'a', other: 'b' }) });
    expect(snapshotOf(both).numbers.map(({ name }) => name)).toEqual(['sales']);
    expect(snapshotOf(both, 'second').numbers.map(({ name }) => name)).toEqual(['other']);
  });

  it('leaves a number with the gateway that Meta still dials for it, beside the one that it is to move to', () => {
    const second = gateway('second', { hostname: 'sip2.example.com' });
    const moving = number('sales', '+15550001111', { spec: { gatewayRef: { name: 'second' } } });
    const from = input({ gateways: [gateway(), second], numbers: [moving], dialled: new Map([['sales', 'default']]) });
    expect([snapshotOf(from), snapshotOf(from, 'second')].map(({ numbers }) => numbers[0]?.ha1)).toEqual([
      ha1('15550001111', 'sip.example.com', 'secret-a'),
      ha1('15550001111', 'sip2.example.com', 'secret-a'),
    ]);
  });

  it('serves the older of two numbers with the same phone number or id, and says which in the younger', () => {
    const twin = number('twin', '+15550001111', { age: -10, spec: { phoneNumberID: '123456' } });
    const sameId = number('same-id', '+15550009999', { age: -20, spec: { phoneNumberID: sales.spec.phoneNumberID } });
    const { snapshots, numbers } = translate(input({ numbers: [sameId, twin, sales, desk] }));
    expect(numbers.get('twin')).toEqual({ kind: 'duplicate', of: 'sales', field: 'phoneNumber' });
    expect(numbers.get('same-id')).toEqual({ kind: 'duplicate', of: 'sales', field: 'phoneNumberID' });
    expect(snapshots.get('default')?.numbers.map(({ name }) => name)).toEqual(['sales', 'desk']);
  });

  it('judges hundreds of numbers with the same id as readily as two', () => {
    const many = Array.from({ length: 200 }, (_, i) => number(`twin-${i}`, `+1555000${4000 + i}`, { age: -i, spec: { phoneNumberID: '123456' } }));
    const { numbers } = translate(input({ numbers: many }));
    expect([...numbers.values()].filter(({ kind }) => kind === 'duplicate')).toEqual(Array.from({ length: 199 }, () => ({ kind: 'duplicate', of: 'twin-0', field: 'phoneNumberID' })));
  });

  it('does not let a number stand back for one that has to stand back itself', () => {
    const twin = number('twin', '+15550001111', { age: -10, spec: { phoneNumberID: '123456' } });
    const heir = number('heir', '+15550009999', { age: -20, spec: { phoneNumberID: '123456' } });
    const { numbers } = translate(input({ numbers: [heir, twin, sales] }));
    expect([...numbers].map(([name, { kind }]) => [name, kind])).toEqual([['heir', 'no-password'], ['twin', 'duplicate'], ['sales', 'served']]);
  });

  it('gives digest users a hash in the gateway’s realm, once their password is known, and numbers one route for all', () => {
    const spec = { direction: 'Outbound', numbers: [{ name: 'sales' }, { name: 'desk' }], sources: { users: ['b', 'a', 'unknown'].map((username) => ({ username, passwordRef: { name: 's', key: username } })) } };
    const out = sipRoute.parse({ ...route('out', ['sales']), spec });
    const passwords = new Map([['a', 'secret-1'], ['b', 'secret-2']]);
    const asked = input({ routes: [out], proof: () => proofOf('1', 'x'), password: (_, { key }) => passwords.get(key) });
    const [first, second] = snapshotOf(asked).numbers.map((entry) => entry.outbound?.routes[0]);
    expect(first?.users).toEqual([{ name: 'a', ha1: ha1('a', 'sip.example.com', 'secret-1') }, { name: 'b', ha1: ha1('b', 'sip.example.com', 'secret-2') }]);
    expect(second).toBe(first);
    passwords.set('a', 'other');
    expect(snapshotOf(asked).numbers[0]?.outbound?.routes[0]?.users[0]?.ha1).toBe(ha1('a', 'sip.example.com', 'other'));
  });

  it('gives a destination that challenges hashes in its realm, once the password is known, and never the password', () => {
    const credentials = { username: 'trunk', realm: 'asterisk', passwordRef: { name: 's', key: 'k' } };
    const destinations = [{ uri: 'sip:open' }, { uri: 'sip:guarded', credentials }];
    const guarded = sipRoute.parse({ ...route('guarded', ['sales']), spec: { numbers: [{ name: 'sales' }, { name: 'desk' }], destinations } });
    const passwords = new Map<string, string>();
    const asked = input({ routes: [guarded], password: (_, { key }) => passwords.get(key) });
    const accounts = (): unknown[] => snapshotOf(asked).numbers.flatMap((entry) => entry.routes[0]?.destinations.map((each) => each.credentials) ?? []);
    expect(accounts()).toEqual([null, null, null, null]);
    passwords.set('k', 'secret');
    const account = { username: 'trunk', realm: 'asterisk', ...proofOf('trunk', 'secret', 'asterisk') };
    expect(accounts()).toEqual([null, account, null, account]);
    const [first, second] = snapshotOf(asked).numbers.map((entry) => entry.routes[0]);
    expect(second).toBe(first);
    expect(JSON.stringify(snapshotOf(asked))).not.toContain('secret');
  });

  it('lists destinations by their priority, in the order written where that is the same', () => {
    const destinations = [{ uri: 'sip:c', priority: 20 }, { uri: 'sip:a', weight: 3, probe: 'Options' }, { uri: 'sip:x@b' }];
    const failover = { on: ['Unreachable', 'Busy'], ringSeconds: 5, withinSeconds: 9 };
    const many = sipRoute.parse({ ...route('many', ['sales']), spec: { numbers: [{ name: 'sales' }], destinations, failover } });
    expect(entryOf(snapshotOf(input({ routes: [many] })), 'sales')?.routes).toEqual([{
      name: 'voice/many',
      match: null,
      destinations: [
        { ...destination('sip:a'), weight: 3, probe: true },
        destination('sip:b', 'x'),
        { ...destination('sip:c'), priority: 20 },
      ],
      failover: { on: ['Busy', 'Unreachable'], ringSeconds: 5, withinSeconds: 9 },
    }]);
  });

  it('lets the older of two routes win, and tells both', () => {
    const younger = route('younger', ['sales'], 'sip:elsewhere.example.com', -10);
    const { routes, snapshots } = translate(input({ routes: [younger, ...input().routes] }));
    expect(entryOf(given(snapshots.get('default')), 'sales')?.routes.map(({ name }) => name)).toEqual(['voice/to-sales']);
    expect(routes.get('younger')?.lost).toEqual([{ number: 'sales', to: 'to-sales' }]);
    expect(routes.get('to-sales')?.won).toEqual([{ number: 'sales', from: 'younger' }]);
  });

  it('gives routes their turn by priority, those with a match before those without, then by age', () => {
    const turn = (name: string, age: number, spec: object): SipRoute => {
      const made = route(name, ['sales'], 'sip:pbx', age);
      return sipRoute.parse({ ...made, spec: { ...made.spec, ...spec } });
    };
    const british = { match: { callers: ['+44*'] } };
    const several = [turn('rest', 90, {}), turn('old', 20, { match: { countries: ['GB'] } }), turn('young', 10, british), turn('late', 99, { priority: 5, match: { countries: ['IE'] } }), turn('same', 5, british), turn('linked', 1, { match: { deepLink: ['x'] } })];
    const { routes, numbers } = translate(input({ routes: several }));
    expect(numbers.get('sales')).toMatchObject({ routes: ['old', 'young', 'linked', 'rest'] });
    expect(routes.get('late')?.lost).toEqual([{ number: 'sales', to: 'rest' }]);
    expect(routes.get('same')?.lost).toEqual([{ number: 'sales', to: 'young' }]);
    expect(routes.get('rest')).toMatchObject({ served: ['sales'], won: [{ number: 'sales', from: 'late' }] });
  });

  it('serves the numbers of a route that exist, and names those that do not', () => {
    const { routes, snapshots } = translate(input({ routes: [route('both', ['desk', 'ghost'])] }));
    expect(routes.get('both')).toMatchObject({ served: ['desk'], missing: ['ghost'] });
    expect(entryOf(given(snapshots.get('default')), 'desk')?.routes).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  it('has a version that depends on what it says and not on the order of the objects', () => {
    const shuffled = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    const numbers = Array.from({ length: 4 }, (_, i) => number(`n${i}`, `+1555000${1000 + i}`));
    const routes = numbers.map(({ metadata: { name } }) => route(`to-${name}`, [name]));
    const hashes = ha1From(Object.fromEntries(numbers.map(({ metadata: { name } }) => [name, `pw-${name}`])));
    const pick = <T>(list: readonly T[], order: readonly number[]): T[] => order.flatMap((i) => list[i] ?? []);
    const plain = snapshotOf(input({ numbers, routes, ha1: hashes })).version;
    fc.assert(
      fc.property(shuffled, shuffled, (one, two) => {
        const shuffledInput = input({ numbers: pick(numbers, one), routes: pick(routes, two), ha1: hashes });
        expect(snapshotOf(shuffledInput).version).toBe(plain);
      }),
    );
    expect(snapshotOf(input({ numbers, ha1: hashes, routes: [] })).version).not.toBe(plain);
  });

  it('knows which numbers are served differently by another one', () => {
    const before = snapshotOf(input());
    const after = snapshotOf(input({ routes: [route('to-sales', ['sales'], 'sip:new.example.com'), route('to-desk', ['desk'])] }));
    expect(changedNumbers(before, after)).toEqual(['sales']);
    expect(changedNumbers(before, before)).toEqual([]);
    expect(changedNumbers(undefined, before)).toEqual(['sales', 'desk']);
    expect(changedNumbers(before, undefined)).toEqual(['sales', 'desk']);
  });
});

describe('a destination', () => {
  it.each([
    ['sip:pbx', { target: 'sip:pbx', user: null }],
    ['sip:100@pbx:5060', { target: 'sip:pbx:5060', user: '100' }],
    ['sip:a@pbx;transport=tcp', { target: 'sip:pbx;transport=tcp', user: 'a' }],
  ])('%s is split into where and whom', (uri, expected) => {
    expect(toAddress(uri)).toEqual(expected);
  });
});
