// SPDX-License-Identifier: Apache-2.0
// What the proxy decides about a call: its Lua, run here as it is.
import fc from 'fast-check';
import { getCountries, getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { Temporal } from 'temporal-polyfill';
import { beforeAll, describe, expect, it } from 'vitest';
import { toRows, toTakers } from '../../../media/kamailio/rows.ts';
import { toHoursRow } from '../../../media/kamailio/hours.ts';
import { DAYS } from '../../../operator/api/hours.ts';
import { TIME_ZONES } from '../../../operator/api/timezones.ts';
import { toSnapshot, type Hours } from '../../../operator/routing/snapshot.ts';
import { relay } from '../builders.ts';
import { loadLua, type CallLua } from './lua.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

let lua: CallLua;
beforeAll(async () => {
  lua = await loadLua();
});

describe('hours', () => {
  const isOpen = (hours: Hours, time: string): unknown => lua('hours.is_open', toHoursRow(hours, NOW), Date.parse(time) / 1000);
  const office = (change: Partial<Hours> = {}): Hours => ({
    timeZone: 'Europe/London',
    weekly: (['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'] as const).map((day) => ({ day, open: '09:00', close: '17:30' })),
    holidays: [],
    ...change,
  });

  it.each([
    ['a minute before', '2026-11-25T08:59:59Z', false],
    ['on the minute', '2026-11-25T09:00:00Z', true],
    ['the last second', '2026-11-25T17:29:59Z', true],
    ['the end', '2026-11-25T17:30:00Z', false],
    ['a Sunday', '2026-11-29T12:00:00Z', false],
    ['summer, when the clock is an hour ahead', '2027-07-05T08:00:00Z', true],
    ['the same in winter', '2027-12-06T08:00:00Z', false],
    ['a summer four years on', '2030-07-01T08:00:00Z', true],
  ])('know %s', (_, time, expected) => {
    expect(isOpen(office(), time)).toBe(expected);
  });

  it('go by the date of their own zone', () => {
    const hours = office({ timeZone: 'Pacific/Auckland', weekly: [{ day: 'Wednesday', open: '00:00', close: '24:00' }] });
    expect([isOpen(hours, '2026-11-24T10:59:59Z'), isOpen(hours, '2026-11-24T11:00:00Z'), isOpen(hours, '2026-11-25T10:59:59Z'), isOpen(hours, '2026-11-25T11:00:00Z')]).toEqual([false, true, true, false]);
  });

  it('are others on a holiday, or none', () => {
    const hours = office({ holidays: [{ date: '2026-12-25' }, { date: '2026-12-24', open: '09:00', close: '10:00' }, { date: '2026-12-24', open: '11:00', close: '12:00' }] });
    expect(isOpen(hours, '2026-12-25T12:00:00Z')).toBe(false);
    expect(['09:30', '10:30', '11:30'].map((time) => isOpen(hours, `2026-12-24T${time}:00Z`))).toEqual([true, false, true]);
  });

  it('are known for every zone that a route may name', () => {
    const offsets = TIME_ZONES.map((timeZone) => toHoursRow(office({ timeZone }), NOW).offsets.length);
    expect(Math.min(...offsets)).toBeGreaterThan(0);
  });

  it('are those of a calendar, in every zone and at every time', () => {
    const zone = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'Africa/Casablanca');
    const time = fc.integer({ min: NOW.getTime() / 1000, max: Date.UTC(2031, 0) / 1000 });
    fc.assert(
      fc.property(zone, time, fc.constantFrom(...DAYS), (timeZone, seconds, day) => {
        const here = Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toZonedDateTimeISO(timeZone);
        const text = here.toPlainTime().toString().slice(0, 5);
        const expected = DAYS[here.dayOfWeek - 1] === day && text >= '06:15' && text < '19:45';
        const row = toHoursRow({ timeZone, weekly: [{ day, open: '06:15', close: '19:45' }], holidays: [] }, NOW);
        expect(lua('hours.is_open', row, seconds)).toBe(expected);
      }),
    );
  });
});

describe('a user’s country', () => {
  /** Islands and enclaves whose numbers only their last digits tell from those of the mainland's. */
  const AS_THE_MAINLAND: ReadonlySet<string> = new Set(['AX', 'BL', 'CC', 'CX', 'EH', 'IM', 'MF', 'SJ', 'TA', 'VA', 'YT']);

  it('is that of the number, for every country', () => {
    const numbers = getCountries().flatMap((country) => {
      const number = getExampleNumber(country, examples);
      return number && !AS_THE_MAINLAND.has(country) ? [[country, number.number]] : [];
    });
    expect(numbers.length).toBeGreaterThan(220);
    expect(numbers.map(([, number]) => [lua('country.of_user', undefined, number), number])).toEqual(numbers);
  });

  it.each([
    ['GB', '+15550001111', 'GB'],
    ['gb', '+15550001111', 'GB'],
    ['44', 'GB.12345', 'GB'],
    ['1', '+14165550100', 'CA'],
    [undefined, 'IE.12345', 'IE'],
    [undefined, '+0', undefined],
    ['nonsense', 'somebody', undefined],
  ])('is what Meta says (%s), or else follows from %s: %s', (said, caller, country) => {
    expect(lua('country.of_user', said, caller) ?? undefined).toBe(country);
  });
});

describe('a match', () => {
  const call = { caller: '+447700900123', country: 'GB', callToAction: 'order=17', now: 1_795_000_000 };
  const meets = (wanted: object, change: object = {}): unknown => lua('match.meets', { ...call, ...change }, wanted);

  it.each<[string, object, boolean]>([
    ['the caller in full', { callers: ['+447700900123'] }, true],
    ['the beginning of the caller', { callers: ['+353*', '+4477*'] }, true],
    ['a beginning without a star', { callers: ['+4477'] }, false],
    ['any caller', { callers: ['+*'] }, true],
    ['another caller', { callers: ['+447700900124'] }, false],
    ['the country', { countries: ['IE', 'GB'] }, true],
    ['another country', { countries: ['IE'] }, false],
    ['the payload in full', { callToAction: ['order=17'] }, true],
    ['the beginning of the payload', { callToAction: ['order=*'] }, true],
    ['a payload that is not there', { deepLink: ['*'] }, false],
    ['all of two', { callers: ['+44*'], countries: ['GB'] }, true],
    ['one of two', { callers: ['+44*'], countries: ['IE'] }, false],
    ['hours that are over', { hours: { offsets: [[0, 0]], weekly: {}, holidays: {} } }, false],
  ])('by %s', (_, wanted, expected) => {
    expect(meets(wanted)).toBe(expected);
  });

  it('takes no sign of a pattern for more than itself', () => {
    expect(meets({ callToAction: ['o.der=1[7]', '%w*', '.*'] })).toBe(false);
    expect(meets({ callToAction: ['.*'] }, { callToAction: '.x' })).toBe(true);
  });

  it('is met by every call where a route has none', () => {
    const takes = (route: object): unknown => lua('match.takes', route, call);
    expect([takes({ match: { countries: ['IE'] } }), takes({ match: { countries: ['GB'] } }), takes({})]).toEqual([false, true, true]);
  });
});

describe('the next destination', () => {
  interface One {
    priority: number;
    weight: number;
    target: string;
    probe: boolean;
  }
  const one = (target: string, change: Partial<One> = {}): One => ({ priority: 0, weight: 1, target, probe: false, ...change });

  /** Targets in the order in which they get a call; `draw` is what chance says, from 0 to below 1. */
  function order(destinations: readonly One[], { down = [], draw = 0.5 }: { down?: readonly string[]; draw?: number } = {}): string[] {
    if (destinations.length === 0) return [];
    const taken = lua('pick.take', destinations, (target: string) => !down.includes(target), (below: number) => Math.floor(draw * below));
    const { target } = one('', Object(taken));
    return [target, ...order(destinations.filter((each) => each.target !== target), { down, draw })];
  }

  const two = [one('a'), one('b', { weight: 3 })];

  it('is one of the lowest priority, by weight', () => {
    const later = one('c', { priority: 5, weight: 1000 });
    const firsts = Array.from({ length: 100 }, (_, i) => order([...two, later], { draw: i / 100 })[0]);
    expect(new Set(firsts)).toEqual(new Set(['a', 'b']));
    expect(firsts.filter((target) => target === 'b')).toHaveLength(75);
  });

  it('is never one that answers no probe while there is another, whatever its priority', () => {
    const probed = [one('a', { probe: true }), one('b', { probe: true, priority: 1 }), one('c', { priority: 2 })];
    expect(order(probed, { down: ['a', 'b'] })).toEqual(['c', 'a', 'b']);
    expect(order(probed, { down: ['a'] })).toEqual(['b', 'c', 'a']);
    expect(order([one('a')], { down: ['a'] })).toEqual(['a']);
  });

  it('is each of them once, sorted by priority where all answer', () => {
    const list = fc.array(fc.record({ priority: fc.nat(3), weight: fc.integer({ min: 1, max: 1000 }) }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(list, fc.double({ min: 0, max: 0.999_999, noNaN: true }), (given, draw) => {
        const destinations = given.toSorted((a, b) => a.priority - b.priority).map((each, i) => one(`d${i}`, each));
        const targets = order(destinations, { draw });
        expect(targets.toSorted()).toEqual(destinations.map(({ target }) => target).toSorted());
        const priorities = targets.map((target) => destinations.find((each) => each.target === target)?.priority ?? -1);
        expect(priorities).toEqual(priorities.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the media relay of a new call', () => {
  const roomiest = (row: string, used: Record<string, number>, skipped: Record<string, boolean> = {}): unknown => lua('relays.roomiest', row, (id: string) => used[id] ?? 0, skipped);

  it('is the one with most room, by what each may have', () => {
    expect(roomiest('00000a:50 00000b:50', { '00000a': 10, '00000b': 9 })).toBe('00000b');
    expect(roomiest('00000a:100 00000b:50', { '00000a': 40 })).toBe('00000a');
    expect(roomiest('00000a:50 00000b:50', {})).toBe('00000a');
  });

  it('is none that is full, was tried already or is not given calls', () => {
    expect(roomiest('00000a:50 00000b:50', { '00000a': 50, '00000b': 51 }) ?? undefined).toBeUndefined();
    expect(roomiest('00000a:50 00000b:50', { '00000b': 40 }, { '00000a': true })).toBe('00000b');
    expect(roomiest('', {}) ?? undefined).toBeUndefined();
  });

  it('has the address that Meta is told, where that is another one than its own', () => {
    const row = toTakers([relay({ id: '00000a', capacity: 50, address: '203.0.113.7' }), relay({ id: '00000b', capacity: 60 })]);
    expect(['00000a', '00000b', '00000c'].map((id) => lua('relays.told', row, id) ?? undefined)).toEqual(['203.0.113.7', undefined, undefined]);
    expect(roomiest(row, {})).toBe('00000b');
    expect(roomiest(row, { '00000b': 20 })).toBe('00000a');
  });

  it('is found again by what the call carries, whatever else that says', () => {
    const marked = `sip:10.0.0.1;transport=tls;r2=on;lr;tl=1${String(lua('relays.mark', 'a1b2c3'))};ic=7`;
    expect(lua('relays.of', marked)).toBe('a1b2c3');
    expect(lua('relays.of', `<${marked}>, <sip:10.0.0.2;lr>`)).toBe('a1b2c3');
    for (const other of ['sip:10.0.0.1;lr;tl=1', 'sip:a;mr=a1b2', 'sip:a;mr=a1b2c3d', 'sip:a;xmr=a1b2c3']) expect(lua('relays.of', other) ?? undefined).toBeUndefined();
  });

  it('has the set that the tables give it', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
      const id = number.toString(16).padStart(6, '0');
      const rows = toRows(toSnapshot({ hostname: 'a.example.com', sourceNetworks: [], numbers: [], media: [relay({ id })] }), undefined, NOW);
      expect(rows.relays.map(({ set }) => set)).toEqual([lua('relays.set', id)]);
    }), { numRuns: 50 });
  });
});
